// Ends the run of a mutant with the first spec file that notices it. Jest has no such option for callers of its API.
const { default: circus } = require('jest-circus/runner');

let noticed;
const mutant = () => process.env.__STRYKER_ACTIVE_MUTANT__;

module.exports = async (globalConfig, config, environment, runtime, testPath, ...more) => {
  if (mutant() === undefined) noticed = undefined;
  else if (noticed === mutant()) return emptyResult(testPath);
  const result = await circus(globalConfig, config, environment, runtime, testPath, ...more);
  if (mutant() !== undefined && result.numFailingTests > 0) noticed = mutant();
  return result;
};

/** As jest-circus answers for a file whose tests are all skipped; jest takes a file without any for an error. */
const emptyResult = (testFilePath) => ({
  leaks: false,
  numFailingTests: 0,
  numPassingTests: 0,
  numPendingTests: 1,
  numTodoTests: 0,
  openHandles: [],
  perfStats: { start: 0, end: 0, runtime: 0, slow: false },
  skipped: true,
  snapshot: {
    added: 0,
    fileDeleted: false,
    matched: 0,
    unchecked: 0,
    uncheckedKeys: [],
    unmatched: 0,
    updated: 0,
  },
  testFilePath,
  testResults: [
    {
      ancestorTitles: [],
      title: '',
      fullName: '',
      status: 'pending',
      failureMessages: [],
      numPassingAsserts: 0,
    },
  ],
});
