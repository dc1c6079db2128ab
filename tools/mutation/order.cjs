// Runs tables before properties, which take seconds, and the longest file first, which kills most mutants.
const { readFileSync } = require('node:fs');
const Sequencer = require('@jest/test-sequencer').default;

module.exports = class extends Sequencer {
  sort(tests) {
    const weighed = [...tests].map((test) => {
      const text = readFileSync(test.path, 'utf8');
      return { test, length: text.length, isSlow: text.includes("from 'fast-check'") };
    });
    weighed.sort((a, b) => a.isSlow - b.isSlow || b.length - a.length);
    return weighed.map(({ test }) => test);
  }
};
