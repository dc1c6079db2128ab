#!/usr/bin/env node
// Mutation testing with StrykerJS: each mutant is a small change of the code, and the specs of that library must fail.
// For developers, not part of CI. docs/testing.md describes it and contains the last scores.
const { execFileSync } = require('node:child_process');
const { existsSync, readdirSync } = require('node:fs');
const { dirname, join, relative } = require('node:path');
const { pathToFileURL } = require('node:url');
const { parseArgs } = require('node:util');
const [quick] = require('../../jest.config.cjs').projects;

const ROOT = dirname(dirname(__dirname));
process.chdir(ROOT);

/** The last version for Node 20. The first run installs its 65 MB of packages, not `npm ci`. */
const VERSION = '9.6.1';
const CACHE = join(ROOT, `node_modules/.cache/stryker-${VERSION}`);
const PACKAGES = join(CACHE, 'node_modules/@stryker-mutator');

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((file) => /(?<!\.spec)\.ts$/.test(file) && file !== 'index.ts')
    .map((file) => `${folder}/${file}`);
const allFiles = () => [
  ...filesIn('libs/domain/catalog/src'),
  ...filesIn('libs/domain/ledger/src'),
  ...filesIn('libs/eventing/src/commands'),
];

const USAGE = `npm run mutate [FILE ...] [-- --sample PERCENT --seed TEXT]

Without a file: libs/domain/catalog, libs/domain/ledger and the command loop of libs/eventing.
--sample PERCENT  of the mutants of each file, 100 if left out
--seed TEXT       which ones: the same seed is the same sample; "1" if left out
`;

/** The specs of the same library must kill the mutants of a file. */
const libraryOf = (file) => file.slice(0, file.indexOf('/src/'));

function install() {
  if (existsSync(PACKAGES)) return;
  const packages = ['core', 'jest-runner'].map((name) => `@stryker-mutator/${name}@${VERSION}`);
  const flags = ['--silent', '--no-save', '--no-package-lock', '--ignore-scripts', '--prefix', CACHE];
  execFileSync('npm', ['install', ...flags, ...packages], { stdio: ['ignore', 2, 2] });
}

const local = (file) => `<rootDir>/tools/mutation/${file}`;

const optionsFor = (library, files, { sample, seed }) => ({
  mutate: files,
  testRunner: 'jest',
  coverageAnalysis: 'perTest',
  concurrency: 1,
  timeoutMS: 120_000,
  jest: {
    projectType: 'custom',
    enableFindRelatedTests: false,
    config: {
      ...quick,
      // Stryker runs the tests in a copy, whose folder it sets itself.
      rootDir: undefined,
      projects: [],
      roots: [`<rootDir>/${library}/src`],
      // These specs count the cases of their properties, which fast-check.cjs limits.
      testPathIgnorePatterns: ['/src/chain/'],
      moduleNameMapper: { ...quick.moduleNameMapper, '^fast-check$': local('fast-check.cjs') },
      testRunner: local('jest-circus-bail.cjs'),
      testSequencer: local('order.cjs'),
    },
  },
  plugins: [join(PACKAGES, 'jest-runner/dist/src/index.js'), join(__dirname, 'plugins.mjs')],
  checkers: sample < 100 ? ['sample'] : [],
  sample: { percent: sample, seed },
  ignorers: ['messages'],
  // A copy of the files that the specs read, below `dist`, which Git, lint and formatting ignore.
  tempDirName: 'dist/mutation',
  ignorePatterns: ['/apps', '/dist', '/deploy', '/examples', '/.*', '!/.swcrc'],
  reporters: ['progress-append-only'],
  warnings: { unknownOptions: false },
  logLevel: 'warn',
  allowConsoleColors: false,
});

const NOTICED = ['Killed', 'Timeout'];
const MISSED = ['Survived', 'NoCoverage'];

function report(file, results) {
  const noticed = results.filter(({ status }) => NOTICED.includes(status)).length;
  const missed = results.filter(({ status }) => MISSED.includes(status));
  for (const { location, mutatorName, replacement = '', status } of missed) {
    const { line, column } = location.start;
    const where = `${file}:${line}:${column + 1}`;
    console.log(
      `${where} ${mutatorName}${status === 'NoCoverage' ? ', not run' : ''}: ${replacement.replace(/\s+/g, ' ').slice(0, 120)}`,
    );
  }
  return [file, noticed, noticed + missed.length];
}

const percent = (part, whole) => (whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`);

function table(rows) {
  const sum = (at) => rows.reduce((total, row) => total + row[at], 0);
  const lines = [...rows, ['all', sum(1), sum(2)]].map(
    ([file, noticed, all]) => `| ${file} | ${all} | ${noticed} | ${percent(noticed, all)} |`,
  );
  return ['| file | mutants | noticed | score |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sample: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return console.log(USAGE);
  install();
  const { Stryker } = await import(pathToFileURL(join(PACKAGES, 'core/dist/src/index.js')));
  const sample = Number(values.sample);
  const files = positionals.length > 0 ? positionals : allFiles();
  const rows = [];
  for (const library of new Set(files.map(libraryOf))) {
    const some = files.filter((file) => libraryOf(file) === library);
    const results = await new Stryker(optionsFor(library, some, { sample, seed: values.seed })).runMutationTest();
    for (const fileName of new Set(results.map((result) => result.fileName)))
      rows.push(
        report(
          relative(ROOT, fileName),
          results.filter((result) => result.fileName === fileName),
        ),
      );
  }
  console.log(`\n${table(rows)}`);
}

main().catch((error) => (console.error(error.message ?? error), process.exit(1)));
