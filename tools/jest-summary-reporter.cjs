// Prints one summary line at the end, for CI. A suite that does not load counts as a failure.
const { appendFileSync, writeSync } = require('node:fs');
const { isRest, REST, specs } = require('./suites.cjs');

/** The folders that `npm test` omits, and how to run them; empty if the run is limited to some specs. */
function leftOut(contexts, { testPathPatterns }) {
  const ran = [...contexts].map(({ config }) => config.displayName?.name);
  if (!ran.includes('quick') || ran.includes('rest') || testPathPatterns.patterns.length > 0) return '';
  const folders = Object.entries(REST).map(([folder, what]) => `  ${folder.padEnd(18)}${what}`);
  const count = specs().filter(isRest).length;
  return `\nNot run: ${count} test files; \`npm run test:all\` runs them, too:\n${folders.join('\n')}\n`;
}

module.exports = class {
  constructor(globalConfig) {
    this.globalConfig = globalConfig;
  }

  onRunComplete(
    contexts,
    { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, numTodoTests },
  ) {
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    const line = `${numPassedTests} passed, ${failed} failed, ${numPendingTests + numTodoTests} skipped`;
    // .ci/run sums the counts of several runs.
    if (process.env.TEST_COUNTS) appendFileSync(process.env.TEST_COUNTS, `${line}\n`);
    const text = `${leftOut(contexts, this.globalConfig)}\n${line}\n`;
    // Jest prints its own summary after all reporters, so this waits for the exit. stderr keeps the order.
    process.once('exit', () => writeSync(2, text));
  }
};
