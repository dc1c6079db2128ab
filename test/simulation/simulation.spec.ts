import { MUTANTS } from './mutants';
import { failingSeeds } from './failing-seeds';
import { simulate } from './simulate';

test('400 seeds with faults: no event is lost or repeated, and every answer is correct', async () => {
  expect(await failingSeeds({ from: 1, to: 400, enough: 5 })).toEqual([]);
}, 120_000);

test('the same seed leads to the same run', async () => {
  const trace = async () => {
    const lines: string[] = [];
    const run = await simulate(17, undefined, (line) => lines.push(line()));
    return { run, lines };
  };
  const first = await trace();
  expect(first.lines.length).toBeGreaterThan(20);
  expect(await trace()).toEqual(first);
});

describe('the simulation detects each mutant', () => {
  test.each(Object.entries(MUTANTS))(
    '%s',
    async (_, strategy) => {
      expect(await failingSeeds({ from: 1, to: 500, enough: 1, strategy })).toHaveLength(1);
    },
    30_000,
  );
});
