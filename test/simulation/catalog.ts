import { parseCatalog } from '@tallystick/domain/catalog';
import { DEFAULT_POLICY, type Policy } from '@tallystick/domain/ledger';

/** A catalog with two prices, a surcharge, a trial on first use, a limit on jobs, and overage. */
const CATALOG = `
id: simulation
version: "1"
effectiveAt: 2026-01-01T00:00:00Z
links: { billingUrl: "https://billing.example/pay" }
operations:
  - { id: read, unit: page, credits: 1, reservationTimeoutSeconds: 600 }
  - { id: draw, unit: page, credits: 3, reservationTimeoutSeconds: 1800 }
surcharges:
  - { id: care, credits: 1, features: [structured, custom] }
burnDownOrder: [trial, promotional, package, top-up, pay-as-you-go]
trials:
  - { on: first-use, operation: draw, credits: 20, expiresOnPlan: true }
limits:
  requests: { scope: organization, kind: counter, per: period, counts: reservations }
currencies: { USD: { tax: excluded } }
plans:
  - { id: free, credits: 0, limits: { requests: 12 } }
  - { id: steady, credits: 0, period: { days: 3 }, limits: { requests: unlimited } }
defaultPlan: free
overage:
  payAsYouGo: true
  autoOverage: false
  limitPerPeriod: { start: 1000, raisePercent: 20, max: 10000 }
  tiers: { USD: [{ price: "0.05" }] }
`;

const parsed = parseCatalog(CATALOG);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));

/** A job window of two days, so that windows close during a run. */
export const POLICY: Policy = { ...DEFAULT_POLICY, catalog: parsed.catalog, jobWindowDays: 2 };
