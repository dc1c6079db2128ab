// One plain line at the very end, which any CI can read. A suite that does not even load counts as a failure.
const { writeSync } = require('node:fs');

module.exports = class {
  onRunComplete(
    _,
    { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, numTodoTests },
  ) {
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    const line = `${numPassedTests} passed, ${failed} failed, ${numPendingTests + numTodoTests} skipped`;
    // jest's own summary comes after every reporter, so this waits for the end; stderr, to stay in order with it.
    process.once('exit', () => writeSync(2, `\n${line}\n`));
  }
};
