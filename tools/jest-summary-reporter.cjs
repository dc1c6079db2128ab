// One plain line at the very end, which any CI can read. A suite that does not even load counts as a failure.
const { appendFileSync, writeSync } = require('node:fs');
const { isRest, REST, specs } = require('./suites.cjs');

/** What `npm test` leaves out, and how to run it; nothing where only some specs were asked for. */
function leftOut(contexts, { testPathPatterns }) {
  const ran = [...contexts].map(({ config }) => config.displayName?.name);
  if (!ran.includes('quick') || ran.includes('rest') || testPathPatterns.patterns.length > 0) return '';
  const folders = Object.entries(REST).map(([folder, what]) => `  ${folder.padEnd(18)}${what}`);
  const count = specs().filter(isRest).length;
  return `\nLeft out, ${count} files of tests; \`npm run test:all\` runs them too:\n${folders.join('\n')}\n`;
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
    // .ci/run adds up several runs.
    if (process.env.TEST_COUNTS) appendFileSync(process.env.TEST_COUNTS, `${line}\n`);
    const text = `${leftOut(contexts, this.globalConfig)}\n${line}\n`;
    // jest's own summary comes after every reporter, so this waits for the end; stderr, to stay in order with it.
    process.once('exit', () => writeSync(2, text));
  }
};
