// Fast specs of the domain run first, so that its errors show within seconds, before a process is started.
const Sequencer = require('@jest/test-sequencer').default;

const ORDER = [/\/libs\/domain\//, /\/libs\/(contracts|eventing)\//, /\/libs\//, /\/apps\//, /\/test\/workspace\//];
/** Specs of many processes, which run one at a time. */
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
