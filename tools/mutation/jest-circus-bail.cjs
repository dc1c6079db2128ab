// jest-circus for mutation testing: a run ends with the first spec file that kills the mutant, and files without a test
// that reaches the mutant are not loaded. The API of Jest offers neither.
const { default: circus } = require('jest-circus/runner');

/** Tests by spec file, from the first run, which has no mutant. */
const namesOfTests = new Map();
let noticed;
const mutant = () => process.env.__STRYKER_ACTIVE_MUTANT__;

module.exports = async (globalConfig, config, environment, runtime, testPath, ...more) => {
  const id = mutant();
  const isWanted = (name) => new RegExp(globalConfig.testNamePattern ?? '').test(name);
  if (id !== undefined && (noticed === id || namesOfTests.get(testPath)?.some(isWanted) === false))
    return emptyResult(testPath);
  const result = await circus(globalConfig, config, environment, runtime, testPath, ...more);
  if (id === undefined)
    namesOfTests.set(
      testPath,
      result.testResults.map(({ fullName }) => fullName),
    );
  else if (result.numFailingTests > 0) noticed = id;
  return result;
};

/** The result of jest-circus for a file with skipped tests only; Jest reports a file without tests as an error. */
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
