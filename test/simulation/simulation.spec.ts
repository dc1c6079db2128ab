import { CRIPPLED } from './crippled';
import { simulate } from './simulate';
import type { Strategy } from './strategy';

/** The seeds that break the law, with what was broken; at most `enough` of them. */
async function failing(seeds: number, enough: number, strategy?: Strategy): Promise<string[]> {
  const failed: string[] = [];
  for (let seed = 1; seed <= seeds && failed.length < enough; seed++) {
    const { breaches } = await simulate(seed, strategy);
    if (breaches.length > 0) failed.push(`npm run simulate -- --seed ${seed}: ${breaches[0]}`);
  }
  return failed;
}

test('2,000 seeds of faults: nothing is lost, nothing happens twice, every answer is true', async () => {
  expect(await failing(2_000, 5)).toEqual([]);
}, 120_000);

test('the same seed is the same run', async () => {
  const trace = async () => {
    const lines: string[] = [];
    const run = await simulate(17, undefined, (line) => lines.push(line()));
    return { run, lines };
  };
  const first = await trace();
  expect(first.lines.length).toBeGreaterThan(20);
  expect(await trace()).toEqual(first);
});

describe('the simulation sees what each part of the law is for', () => {
  test.each(Object.entries(CRIPPLED))(
    'broken when %s',
    async (_, strategy) => {
      expect(await failing(500, 1, strategy)).toHaveLength(1);
    },
    30_000,
  );
});
