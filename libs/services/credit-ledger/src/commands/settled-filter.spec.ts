import fc from 'fast-check';
import { SettledFilter } from './settled-filter';

const JOBS = 100_000;

test('what was added is never denied', () => {
  const filter = new SettledFilter();
  const ids = fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 200 });
  fc.assert(
    fc.property(ids, (jobs) => {
      for (const [organizationId, jobId] of jobs) filter.add(organizationId, jobId);
      for (const [organizationId, jobId] of jobs) expect(filter.mayHave(organizationId, jobId)).toBe(true);
    }),
  );
});

describe(`with ${JOBS.toLocaleString('en')} jobs, ids as producers choose them`, () => {
  const names: [string, (i: number) => string][] = [
    ['counted', (i) => `job-${i}`],
    ['UUIDv7 of one millisecond', (i) => `019fc47d-b300-7000-8000-${i.toString(16).padStart(12, '0')}`],
    ['ULID', (i) => `01ARZ3NDEKTSV4RRFFQ69${i.toString(32).toUpperCase().padStart(5, '0')}`],
  ];
  test.each(names)('%s: all are found, and fewer than one in a thousand others', (_, name) => {
    const filter = new SettledFilter();
    for (let i = 0; i < JOBS; i++) filter.add(`o${i % 50}`, name(i));
    let missed = 0;
    let wrong = 0;
    for (let i = 0; i < JOBS; i += 10) {
      if (!filter.mayHave(`o${i % 50}`, name(i))) missed += 1;
      if (filter.mayHave(`o${i % 50}`, name(i + JOBS))) wrong += 1;
      if (filter.mayHave(`o${(i + 1) % 50}`, name(i))) wrong += 1;
    }
    expect(missed).toBe(0);
    expect((10 * wrong) / (2 * JOBS)).toBeLessThan(1e-3);
  });
});

test('after it has dropped its oldest slice, it excludes no job', () => {
  const filter = new SettledFilter(0);
  filter.add('o', 'j');
  expect(filter.mayHave('o', 'never settled')).toBe(true);
});
