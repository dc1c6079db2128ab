import { describeProblems, parseCatalog, type Catalog } from '../src';

/** A catalog file with every section. */
export const SAMPLE = `id: sample
version: "1"
effectiveAt: 2026-01-01
links: { billingUrl: https://billing.example/ }
burnDownOrder: [trial, package, top-up, promotional, pay-as-you-go]
maxCreditsPerJob: 1000
operations:
  - { id: scan, unit: page, credits: 3, maxFiles: 3 }
  - { id: read, unit: file, credits: 5 }
  - { id: draw, unit: request, credits: 2, name: Drawing }
surcharges:
  - { id: extras, credits: 1, features: [${Array.from({ length: 60 }, (_, i) => `f${i}`).join(', ')}], operations: [scan] }
  - { id: express, credits: 10, features: [express], operations: [scan, draw] }
fileTypes:
  - { id: pdf, pages: given, aliases: [application/pdf] }
  - { id: sheet, pages: 2 }
trials:
  - { on: first-use, operation: scan, credits: 10 }
  - { on: first-card, credits: 20 }
currencies:
  USD: { tax: excluded }
  JPY: { tax: included, digits: 0 }
  KWD: { tax: included, digits: 3 }
limits:
  storage: { scope: organization, kind: gauge, unit: GB, bytesPerUnit: 1024 }
  requests: { scope: organization, kind: counter, per: period, counts: reservations }
  seats: { scope: project, kind: gauge, blocksJobs: true }
plans:
  - { id: free, credits: 0, limits: { storage: 1, requests: 10, seats: 1 } }
  - { id: small, credits: 100, prices: { USD: "9.99", JPY: "1500" }, limits: { storage: 2, requests: 20, seats: 1 } }
  - { id: large, name: Large, credits: 100, prices: { USD: "29.9" }, limits: { storage: unlimited, requests: 20, seats: 2 } }
  - { id: weekly, credits: 5, period: { days: 7 }, prices: { USD: "99" }, limits: { storage: 1, requests: 10, seats: 1 } }
defaultPlan: free
topUps:
  - { id: pack, credits: 100, prices: { USD: "12.00", KWD: "1.005" } }
overage:
  limitPerPeriod: { start: 100, raisePercent: 20, max: 1000 }
  tiers:
    USD: [{ upTo: 100, price: "0.0330" }, { upTo: 200, price: "0.03" }, { price: "0.025" }]
dunning: { retryAfterDays: [1, 3] }
defaults: { alertThresholds: [10, 5], currency: USD, budgetCap: 1000 }
`;

/** The problems of a catalog file, one line each. */
export function problemsOf(text: string, file?: string): readonly string[] {
  const parsed = parseCatalog(text, file);
  return parsed.ok ? [] : describeProblems(parsed.problems).split('\n');
}

/** The text with one part replaced, which it must have. */
export function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`The text lacks ${from}.`);
  return text.replace(from, to);
}

/** The sample's catalog, with parts of its text replaced. */
export function sample(...changes: [from: string, to: string][]): Catalog {
  const parsed = parseCatalog(changes.reduce((text, [from, to]) => text.replace(from, to), SAMPLE));
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  return parsed.catalog;
}
