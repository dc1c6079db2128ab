import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  approximateUnitPrice,
  catalogView,
  describeProblems,
  overageSlices,
  parseCatalog,
  priceAt,
  priceOverage,
  rate,
} from './index';
import type { Catalog, JobSpec, TierTable, UsageFile } from './index';

// Numbers printed on the vendors' pages (`catalogs/*.yaml` name their sources): they are never adjusted to the code.

function load(name: string): Catalog {
  const file = `catalogs/${name}.yaml`;
  const parsed = parseCatalog(readFileSync(join(__dirname, '../../../..', file), 'utf8'), file);
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  return parsed.catalog;
}

const credits = (catalog: Catalog, job: JobSpec): number => {
  const rated = rate(catalog, job);
  if (!rated.ok) throw new Error(JSON.stringify(rated.problems));
  return rated.rating.credits;
};
const rules = (catalog: Catalog, job: JobSpec): readonly string[] => {
  const rated = rate(catalog, job);
  return rated.ok ? [] : rated.problems.map(({ field, rule }) => `${field} ${rule}`);
};
const times = (count: number, file: UsageFile): readonly UsageFile[] => Array.from({ length: count }, () => file);

describe('LeapOCR: pages × (base + surcharge)', () => {
  const catalog = load('leapocr');
  const structured = 'structured-output';
  const custom = 'custom-instructions';

  test.each<[string, string, number, string[], number]>([
    ['100-page contract', 'standard-v2', 100, [], 100],
    ['50-page manual', 'pro-v2', 50, [], 150],
    ['20 one-page invoices with JSON', 'standard-v2', 20, [structured], 40],
    ['100 one-page forms with custom validation', 'pro-v2', 100, [custom], 400],
    ['10-page invoice, structured', 'standard-v2', 10, [structured], 20],
    ['standard, a page', 'standard-v2', 1, [], 1],
    ['pro, a page', 'pro-v2', 1, [], 3],
    ['standard, a page with advanced features', 'standard-v2', 1, [custom], 2],
    ['pro, a page with advanced features', 'pro-v2', 1, [structured], 4],
    ['both features are charged once', 'standard-v2', 10, [structured, custom], 20],
    ['both features are charged once, in any order', 'pro-v2', 10, [custom, structured], 40],
  ])('%s: %s, %i pages, %j = %i', (_, operation, pages, features, expected) => {
    expect(credits(catalog, { operation, usage: { pages }, features })).toBe(expected);
  });

  it('counts the pages of listed files, of any type', () => {
    const files = [...times(19, { type: 'pdf', pages: 1 }), { type: 'image/tiff', pages: 1 }];
    expect(credits(catalog, { operation: 'standard-v2', usage: { files }, features: [structured] })).toBe(40);
  });

  it('records how the credits come about', () => {
    expect(rate(catalog, { operation: 'pro-v2', usage: { pages: 100 }, features: [custom] })).toEqual({
      ok: true,
      rating: {
        catalog: 'leapocr@2026-11-01',
        operation: 'pro-v2',
        unit: 'page',
        units: 100,
        unitCredits: 3,
        surcharges: [{ feature: 'advanced-features', unitCredits: 1 }],
        credits: 400,
      },
    });
  });

  it('does not know markdown as a feature, and has no default operation', () => {
    const usage = { pages: 1 };
    expect(rules(catalog, { operation: 'standard-v2', usage, features: ['markdown'] })).toEqual([
      'features[0] unknown',
    ]);
    expect(rules(catalog, { usage })).toEqual(['operation required']);
  });

  it('gives one trial of its own on the first card, and keeps details for 7 days', () => {
    expect(catalog.trials).toEqual([{ on: 'first-card', credits: 100, expiresOnPlan: false, oncePerCard: true }]);
    expect(catalog.burnDownOrder).toEqual(['trial', 'promotional', 'package', 'top-up', 'pay-as-you-go']);
    expect(catalog.defaults.retentionDays).toBe(7);
    expect(catalog.links).toMatchObject({
      supportEmail: 'support@leapocr.com',
      salesEmail: 'sales@leapocr.com',
      privacyEmail: 'support@leapocr.com',
    });
  });
});

describe('Ocriva: credits per file, by model', () => {
  const catalog = load('ocriva');

  test.each([
    ['gpt-4o-mini', 1],
    ['gpt-4o', 5],
    ['gemini-flash', 1],
    ['claude-haiku', 2],
  ])('a file with %s = %i', (operation, expected) => {
    expect(credits(catalog, { operation, usage: { files: [{ type: 'pdf' }] } })).toBe(expected);
    expect(credits(catalog, { operation, usage: { files: [{ type: 'pdf', pages: 80 }] } })).toBe(expected);
  });

  it('deducts 50 files of a batch one by one', () => {
    const batch = times(50, { type: 'png' }).map((file) =>
      credits(catalog, { operation: 'gpt-4o', usage: { files: [file] } }),
    );
    expect(batch).toEqual(Array(50).fill(5));
  });

  it('draws packages before top-ups; a package lasts 30 days', () => {
    expect(catalog.burnDownOrder.indexOf('package')).toBeLessThan(catalog.burnDownOrder.indexOf('top-up'));
    expect(catalog.plans.map(({ period }) => period)).toEqual(Array(4).fill({ unit: 'day', length: 30 }));
  });

  it('limits storage, requests, webhook endpoints, templates per project and projects', () => {
    expect([...catalog.limits.values()]).toEqual([
      {
        id: 'maxStorage',
        scope: 'organization',
        kind: 'gauge',
        unit: 'GB',
        bytesPerUnit: 1_000_000_000,
        blocksJobs: true,
      },
      {
        id: 'maxRequestClassA',
        scope: 'organization',
        kind: 'counter',
        per: 'period',
        counts: 'reservations',
      },
      { id: 'maxWebhookEndpoint', scope: 'organization', kind: 'gauge' },
      { id: 'maxTemplates', scope: 'project', kind: 'gauge' },
      { id: 'maxProjects', scope: 'organization', kind: 'gauge' },
    ]);
    expect(catalog.plans.find(({ id }) => id === catalog.defaultPlan)?.prices.size).toBe(0);
    expect(catalog.plans.find(({ id }) => id === 'business')?.limits.has('maxRequestClassA')).toBe(false);
  });
});

describe('Iteration Layer: credits per request or page', () => {
  const catalog = load('iteration-layer');
  const tiers = catalog.overage?.tiers.get('USD') as TierTable;
  const files = (...list: readonly UsageFile[]): JobSpec => ({
    operation: 'document-extraction',
    usage: { files: list },
  });

  test.each([
    ['image-transformation', 1],
    ['image-generation', 2],
    ['document-generation', 2],
    ['sheet-generation', 2],
  ])('a request of %s = %i, without any usage', (operation, expected) => {
    expect(credits(catalog, { operation })).toBe(expected);
  });

  test.each(['document-extraction', 'document-to-markdown'])('a page of %s = 1', (operation) => {
    expect(credits(catalog, { operation, usage: { files: [{ type: 'pdf', pages: 7 }] } })).toBe(7);
    expect(credits(catalog, { operation, usage: { pages: 7 } })).toBe(7);
  });

  const images = ['PNG', 'JPEG', 'WebP', 'HEIF', 'GIF', 'SVG', 'jpg', 'image/png', '.jpg'];
  const documents = ['DOCX', 'XLSX', 'CSV', 'TXT', 'HTML', 'MD', 'JSON', 'text/html; charset=utf-8'];
  test.each([...images, ...documents])('a file of type %s is 1 page, however long', (type) => {
    expect(credits(catalog, files({ type }))).toBe(1);
    expect(credits(catalog, files({ type, pages: 30 }))).toBe(1);
  });

  it('sums up the pages of up to 20 files for extraction, and takes one for markdown', () => {
    expect(credits(catalog, files({ type: 'pdf', pages: 12 }, { type: 'PDF', pages: 3 }, { type: 'docx' }))).toBe(16);
    expect(credits(catalog, files(...times(20, { type: 'png' })))).toBe(20);
    expect(rules(catalog, files(...times(21, { type: 'png' })))).toEqual(['usage.files max']);
    expect(rules(catalog, files())).toEqual(['usage.files min']);
    const two = { ...files(...times(2, { type: 'png' })), operation: 'document-to-markdown' };
    expect(rules(catalog, two)).toEqual(['usage.files max']);
  });

  it('gives 1,750 trial credits in all, each for one API, until a plan is bought', () => {
    const given = catalog.trials.map((trial) => (trial.on === 'first-use' ? [trial.operation, trial.credits] : []));
    expect(given).toEqual([
      ['document-extraction', 500],
      ['document-to-markdown', 500],
      ['image-transformation', 150],
      ['image-generation', 200],
      ['document-generation', 200],
      ['sheet-generation', 200],
    ]);
    expect(catalog.trials.reduce((sum, trial) => sum + trial.credits, 0)).toBe(1750);
    expect(catalog.trials.every(({ expiresOnPlan }) => expiresOnPlan)).toBe(true);
  });

  test.each([
    ['developer', 1000, 2999, 3999],
    ['startup', 5000, 11999, 14999],
    ['business', 15000, 31999, 39999],
  ])('plan %s: %i credits per month for %i cents, or %i with VAT', (id, planCredits, usd, eur) => {
    const plan = catalog.plans.find((candidate) => candidate.id === id);
    expect(plan?.credits).toBe(planCredits);
    expect(plan?.period).toEqual({ unit: 'month', length: 1 });
    expect([...(plan?.prices.values() ?? [])]).toEqual([
      { currency: 'USD', amount: usd, taxIncluded: false },
      { currency: 'EUR', amount: eur, taxIncluded: true },
    ]);
  });

  it('has the printed tiers, in USD only, and the printed limit per period', () => {
    expect(tiers.tiers).toEqual([
      { upTo: 1000, unitPrice: 33_000 },
      { upTo: 2500, unitPrice: 30_200 },
      { upTo: 5000, unitPrice: 25_400 },
      { upTo: 10000, unitPrice: 23_300 },
      { upTo: 25000, unitPrice: 22_000 },
      { upTo: 50000, unitPrice: 21_900 },
      { unitPrice: 21_800 },
    ]);
    expect([...(catalog.overage?.tiers.keys() ?? [])]).toEqual(['USD']);
    expect(catalog.overage).toMatchObject({ payAsYouGo: true, autoOverage: true });
    expect(catalog.overage?.limitPerPeriod).toEqual({ start: 15_000, raisePercent: 20, max: 1_000_000 });
    expect(catalog.moneyBackDays).toBe(14);
    expect(catalog.links.billingUrl).toBe('https://app.iterationlayer.com/billing');
  });

  // The page prints $90.00, but its own sum, 1,000 × 0.0330 + 1,500 × 0.0302 + 500 × 0.0254, is $91.00. $91.00 is right.
  it('prices the 3,000 credits of the page at $91.00, not at the printed $90.00', () => {
    expect(overageSlices(tiers, 3000)).toEqual([
      { credits: 1000, unitPrice: 33_000 },
      { credits: 1500, unitPrice: 30_200 },
      { credits: 500, unitPrice: 25_400 },
    ]);
    expect(priceOverage(tiers, 3000)).toBe(9100);
    expect(priceOverage(tiers, 3000)).not.toBe(9000);
  });

  // Calculated by hand from the printed tiers.
  test.each([
    [0, 0],
    [1, 3],
    [15, 50], // 49.5 cents: half up
    [1000, 3300],
    [1001, 3303],
    [1750, 5565], // the whole trial; the page's "worth $60" is wrong by its own tiers
    [2500, 7830],
    [5000, 14180],
    [10000, 25830],
    [25000, 58830],
    [50000, 113580],
    [50001, 113582],
    [1000000, 2184580],
  ])('%i credits of overage cost %i cents', (used, cents) => {
    expect(priceOverage(tiers, used)).toBe(cents);
  });

  // Plan rates are rounded to three decimals before multiplying, as printed: Business is $0.021, not $0.02133.
  test.each([
    [1, 3, 3, 2, 2],
    [10, 33, 30, 24, 21],
    [25, 83, 75, 60, 53],
    [50, 165, 150, 120, 105],
    [100, 330, 300, 240, 210],
    [250, 825, 750, 600, 525],
  ])('%i pages cost about %i, %i, %i or %i cents', (pages, ...cents) => {
    const planRates = catalog.plans.map((plan) => approximateUnitPrice(plan, 'USD', 2));
    expect(planRates).toEqual([30_000, 24_000, 21_000]);
    const used = credits(catalog, { operation: 'document-extraction', usage: { pages } });
    expect(used).toBe(pages);
    expect([33_000, ...planRates].map((unitPrice) => priceAt(unitPrice ?? 0, used, 2))).toEqual(cents);
  });
});

test.each(['leapocr', 'ocriva', 'iteration-layer'])(
  'the view of %s is plain JSON in the shape of GET /v1/catalog',
  (name) => {
    const catalog = load(name);
    const view = catalogView(catalog);
    expect(JSON.parse(JSON.stringify(view))).toStrictEqual(view);
    expect(view).toMatchObject({ id: name, version: '2026-11-01', effectiveAt: '2026-11-01T00:00:00.000Z' });
    expect(view.operations.map(({ id }) => id)).toEqual([...catalog.operations.keys()]);
    expect(view.plans).toHaveLength(catalog.plans.length);
  },
);

test('the view shows features with their operation, prices in minor units and unit prices as decimals', () => {
  expect(catalogView(load('leapocr')).operations[1]).toMatchObject({
    id: 'pro-v2',
    unit: 'page',
    credits: 3,
    features: ['structured-output', 'custom-instructions'],
  });
  const view = catalogView(load('iteration-layer'));
  expect(view.plans[0]?.prices[1]).toEqual({ currency: 'EUR', amount: 3999, taxIncluded: true });
  expect(view.overage?.tiers[0]?.tiers.at(-1)).toEqual({ unitPrice: '0.0218' });
});
