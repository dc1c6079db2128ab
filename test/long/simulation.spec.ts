import { failingSeeds } from '../simulation/failing-seeds';

// The first 400 are in test/simulation, with the faults that each part of the law is for.
test('1,600 more seeds of faults: nothing is lost, nothing happens twice, every answer is true', async () => {
  expect(await failingSeeds({ from: 401, to: 2_000, enough: 5 })).toEqual([]);
}, 240_000);
