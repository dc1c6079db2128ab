// Runs fast domain specs first, so that a mistake in the domain shows in seconds, before any process starts.
const Sequencer = require('@jest/test-sequencer').default;

const ORDER = [/\/libs\/domain\//, /\/libs\/(contracts|eventing)\//, /\/libs\//, /\/apps\//, /\/test\/workspace\//];
/** Specs with several processes each run last. */
const LAST = /\/test\/(faults|distributed)\//;
const rankOf = ({ path }) => {
  if (LAST.test(path)) return ORDER.length + 1;
  const rank = ORDER.findIndex((place) => place.test(path));
  return rank === -1 ? ORDER.length : rank;
};

module.exports = class extends Sequencer {
  async sort(tests) {
    const longestFirst = await super.sort(tests);
    return longestFirst.sort((a, b) => rankOf(a) - rankOf(b));
  }
};
