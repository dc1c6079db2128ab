import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeProblems, parseCatalog, rate } from './index';

const page = readFileSync(join(__dirname, '../../../../docs/catalog.md'), 'utf8');
const [, example = ''] = /```yaml\n([^]*?)```/.exec(page) ?? [];

test('the example of docs/catalog.md is a catalog, and rates as the page says', () => {
  const parsed = parseCatalog(example);
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  const files = [{ type: 'pdf', pages: 10 }];
  const rated = rate(parsed.catalog, {
    operation: 'scan',
    usage: { files },
    features: ['tables', 'formulas'],
  });
  expect(page).toContain('Ten PDF pages with `tables` and `formulas`: 10 × (2 + 1) = 30 credits.');
  expect(rated).toMatchObject({ ok: true, rating: { credits: 30 } });
});

// Each refusal of an unknown key names the known ones: the page must explain every one of them.
test.each([
  ['a catalog', 'zzz: 1\n'],
  ['an operation', 'operations: [{ zzz: 1 }]'],
  ['a surcharge', 'surcharges: [{ zzz: 1 }]'],
  ['a file type', 'fileTypes: [{ zzz: 1 }]'],
  ['a trial', 'trials: [{ on: first-use, zzz: 1 }]'],
  ['a currency', 'currencies: { USD: { zzz: 1 } }'],
  ['a limit', 'limits: { any: { zzz: 1 } }'],
  ['a plan', 'plans: [{ zzz: 1 }]'],
  ['a top-up', 'topUps: [{ zzz: 1 }]'],
  ['overage', 'overage: { zzz: 1 }'],
  ['its limit', 'overage: { limitPerPeriod: { zzz: 1 } }'],
  ['its tiers', 'currencies: { USD: { tax: excluded } }\noverage: { tiers: { USD: [{ zzz: 1 }] } }'],
  ['links', 'links: { zzz: 1 }'],
  ['dunning', 'dunning: { zzz: 1 }'],
  ['a term', 'plans: [{ term: { zzz: 1 } }]'],
  ['a period', 'plans: [{ period: { zzz: 1 } }]'],
  ['the seller', 'seller: { zzz: 1 }'],
  ['tax', 'tax: { zzz: 1 }'],
  ['a trial on the first card', 'trials: [{ on: first-card, zzz: 1 }]'],
  ['defaults', 'defaults: { zzz: 1 }'],
])('docs/catalog.md explains every key of %s', (_, text) => {
  const parsed = parseCatalog(text);
  const said = parsed.ok ? '' : describeProblems(parsed.problems);
  const [, known] = /zzz: is not known here \(known: (.*)\)/.exec(said) ?? [];
  expect(known?.split(', ').filter((key) => !new RegExp(`\`${key}(\\[\\])?[\`:]`).test(page))).toEqual([]);
});
