// fast-check with a small, fixed set of cases for each mutant, and without shrinking.
const original = require('../../node_modules/fast-check/lib/cjs/fast-check.js');

const MOST_RUNS = 60;
const assert = (property, options) =>
  original.assert(property, {
    ...options,
    seed: 1,
    numRuns: Math.min(options?.numRuns ?? MOST_RUNS, MOST_RUNS),
    endOnFailure: true,
  });

module.exports = { ...original, __esModule: true, assert, default: { ...original.default, assert } };
