import { describeProblems, parseCatalog, type Catalog } from '@tallystick/domain/catalog';

const COMMON = `
id: test
version: "1"
effectiveAt: 2026-01-01
links: { billingUrl: https://billing.example/buy }
operations:
  - { id: read, unit: page, credits: 1, reservationTimeoutSeconds: 3600 }
  - { id: draw, unit: request, credits: 2, reservationTimeoutSeconds: 600 }
  - { id: convert, unit: file, credits: 5, reservationTimeoutSeconds: 3600 }
surcharges:
  - { id: advanced, credits: 1, features: [structured, instructed], operations: [read] }
burnDownOrder: [trial, promotional, package, top-up, pay-as-you-go]
fileTypes:
  - { id: pdf, pages: given, aliases: [application/pdf] }
  - { id: jpeg, pages: 1, aliases: [jpg, image/jpeg] }
  - { id: text, pages: 1 }
trials:
  - { on: first-use, operation: draw, credits: 20, expiresOnPlan: true }
currencies:
  USD: { tax: excluded }
  EUR: { tax: included }
overage:
  payAsYouGo: true
  autoOverage: true
  limitPerPeriod: { start: 15000, raisePercent: 20, max: 1000000 }
  tiers: { USD: [{ price: "0.0330" }] }
`;

function catalogOf(text: string): Catalog {
  const parsed = parseCatalog(COMMON + text, 'test.yaml');
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  return parsed.catalog;
}

/** With plans, without limits. */
export const PLAIN = catalogOf(`
plans:
  - { id: small, credits: 1000, prices: { USD: "10.00" } }
  - { id: large, credits: 5000, prices: { USD: "40.00" } }
  - { id: thirty, credits: 1000, period: { days: 30 }, prices: { USD: "10.00" } }
`);

/** Without a plan: two requests a period, one of them a project's; 10 GB, three templates a project, 100 calls. */
export const LIMITED = catalogOf(`
limits:
  requests: { scope: organization, kind: counter, per: period, counts: reservations }
  projectRequests: { scope: project, kind: counter, per: period, counts: reservations }
  storage: { scope: organization, kind: gauge }
  templates: { scope: project, kind: gauge }
  calls: { scope: organization, kind: counter, per: period }
plans:
  - { id: free, credits: 0, limits: { requests: 3, projectRequests: 2, storage: 10, templates: 3, calls: 100 } }
  - id: large
    credits: 5000
    prices: { USD: "40.00" }
    limits: { requests: 5, projectRequests: unlimited, storage: 100, templates: 30, calls: unlimited }
defaultPlan: free
`);

/** Three plans by the month, and two with packages of 30 days. */
export const SOLD = catalogOf(`
limits:
  templates: { scope: organization, kind: gauge, blocksJobs: true }
plans:
  - { id: free, credits: 0, limits: { templates: 3 } }
  - { id: developer, credits: 1000, prices: { USD: "29.99" }, limits: { templates: 10 } }
  - { id: startup, credits: 5000, prices: { USD: "119.99" }, limits: { templates: 20 } }
  - { id: business, credits: 15000, prices: { USD: "319.99" }, limits: { templates: 30 } }
  - { id: package-a, credits: 1000, period: { days: 30 }, prices: { USD: "10.00" }, limits: { templates: 10 } }
  - { id: package-b, credits: 5000, period: { days: 30 }, prices: { USD: "40.00" }, limits: { templates: 20 } }
defaultPlan: free
`);
