import { failingSeeds } from '../simulation/failing-seeds';

// The first 400 seeds are in test/simulation, together with the mutants.
test('1,600 more seeds with faults: no event is lost or repeated, and every answer is correct', async () => {
  expect(await failingSeeds({ from: 401, to: 2_000, enough: 5 })).toEqual([]);
}, 240_000);
