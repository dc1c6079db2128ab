import { describeProblems, parseCatalog, type Catalog } from '@tallystick/domain/catalog';

const SELLER = `
seller: { name: Example GmbH, address: Example street 1, country: DE, vatId: DE123456789 }
tax: { seller: DE, rates: { DE: "19", FR: "20", US: "20" } }
`;

/** Monthly plans with prorated upgrades, in USD without and EUR with tax. */
export const MONTHLY = `id: monthly
version: "1"
effectiveAt: 2026-01-01
links: { billingUrl: https://billing.example/ }
burnDownOrder: [trial, promotional, package, top-up, pay-as-you-go]
operations: [{ id: page, unit: page, credits: 1 }]
maxCreditsPerJob: 100000
currencies:
  USD: { tax: excluded }
  EUR: { tax: included }
plans:
  - { id: free, credits: 0 }
  - { id: developer, name: Developer, credits: 1000, prices: { USD: "29.99", EUR: "39.99" } }
  - { id: startup, name: Startup, credits: 5000, prices: { USD: "119.99", EUR: "149.99" } }
  - { id: business, name: Business, credits: 15000, prices: { USD: "319.99", EUR: "399.99" } }
  - { id: business-eu, name: Business EU, credits: 16000, prices: { USD: "319.99" } }
  - { id: tiny, name: Tiny, credits: 1100, prices: { USD: "30.29" } }
  - { id: tiny-plus, name: Tiny Plus, credits: 1200, prices: { USD: "30.59" } }
  - { id: weekly, name: Weekly, credits: 5000, period: { days: 28 }, prices: { USD: "110.00" } }
  - { id: cents, name: Cents, credits: 10, prices: { USD: "0.40" } }
defaultPlan: free
topUps: [{ id: pack, name: 1000 credits, credits: 1000, prices: { USD: "10.00", EUR: "11.90" } }]
overage:
  payAsYouGo: true
  autoOverage: true
  limitPerPeriod: { start: 15000, raisePercent: 20, max: 1000000 }
  tiers: { USD: [{ price: "0.0330" }] }
dunning: { retryAfterDays: [1, 3, 5, 7] }
defaults: { currency: USD }
`;

/** Packages of 30 days from their payment. Upgrades are at the full price, with a new period. */
export const PACKAGES = `id: packages
version: "1"
effectiveAt: 2026-01-01
links: { billingUrl: https://billing.example/ }
burnDownOrder: [trial, promotional, package, top-up, pay-as-you-go]
operations: [{ id: file, unit: file, credits: 1 }]
maxCreditsPerJob: 100000
currencies: { USD: { tax: excluded } }
upgrade: full
plans:
  - { id: a, name: A, credits: 1000, period: { days: 30 }, term: { days: 30, from: payment }, prices: { USD: "19.00" } }
  - { id: b, name: B, credits: 5000, period: { days: 30 }, term: { days: 30, from: payment }, prices: { USD: "79.00" } }
topUps: [{ id: pack, name: 300 credits, credits: 300, prices: { USD: "5.00" } }]
dunning: { retryAfterDays: [1, 3, 5, 7] }
defaults: { currency: USD }
`;

export function catalogOf(text: string, ...changes: readonly (readonly [from: string, to: string])[]): Catalog {
  const changed = changes.reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`The catalog lacks ${from}.`);
    return before.replace(from, to);
  }, text + SELLER);
  const parsed = parseCatalog(changed);
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  return parsed.catalog;
}

/** The catalog without a seller. */
export const sellerless = (text: string): Catalog => {
  const parsed = parseCatalog(text);
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  return parsed.catalog;
};
