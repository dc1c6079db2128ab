import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseCatalog } from '..';

describe('parsing never throws', () => {
  const vendor = readFileSync(join(__dirname, '../../../../../catalogs/ocriva.yaml'), 'utf8');
  const expectProblemsOrCatalog = (text: string) => {
    const parsed = parseCatalog(text);
    if (parsed.ok) return;
    expect(parsed.problems.length).toBeGreaterThan(0);
    expect(parsed.problems.every(({ line, column }) => line >= 1 && column >= 1)).toBe(true);
  };

  it('on any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), expectProblemsOrCatalog), { numRuns: 200 });
    fc.assert(fc.property(fc.json(), expectProblemsOrCatalog), { numRuns: 200 });
  });

  it('on a catalog with any part of it replaced', () => {
    const junk = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom('\n', '  ', '- ', ': ', '{', '[', '&a ', '*a', '<<: ', '"', 'null'),
    );
    const place = fc.nat(vendor.length);
    fc.assert(
      fc.property(place, fc.nat(40), junk, (at, length, text) =>
        expectProblemsOrCatalog(vendor.slice(0, at) + text + vendor.slice(at + length)),
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['nesting beyond the stack', '['.repeat(20_000)],
    [
      'aliases that multiply',
      `a: &a [1,1]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*${i ? `b${i - 1}` : 'a'}, *${i ? `b${i - 1}` : 'a'}]`).join('\n')}`,
    ],
    [
      'members that shadow what objects have',
      'operations: [&o { id: &i { toString: 1 } }, *o]\n__proto__: { id: x }\nconstructor: 1',
    ],
    ['other rules of YAML', '%YAML 1.1\n---\nid: 2020-01-01\nversion: !!binary aGk=\nlinks: !!set { a }'],
  ])('on %s', (_, text) => expectProblemsOrCatalog(text));
});
