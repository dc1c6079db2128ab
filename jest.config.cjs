const { availableParallelism } = require('node:os');
const { REST_SPEC, ROOTS, SPEC } = require('./tools/suites.cjs');

const TIMEOUT = 30_000;

/** Nest 12 is ESM; jest 30 on Node < 24.9 cannot require(esm), so swc turns those packages into CJS too (cached). */
const project = {
  rootDir: __dirname,
  testEnvironment: 'node',
  roots: ROOTS.map((folder) => `<rootDir>/${folder}`),
  setupFiles: ['reflect-metadata'],
  transform: { '\\.m?[tj]sx?$': '<rootDir>/tools/jest-swc.cjs' },
  transformIgnorePatterns: [],
  moduleNameMapper: { '^@tallystick/(.*)$': '<rootDir>/libs/$1/src/index.ts' },
  testTimeout: TIMEOUT,
};

module.exports = {
  projects: [
    { ...project, displayName: 'quick', testRegex: SPEC, testPathIgnorePatterns: [REST_SPEC] },
    { ...project, displayName: 'rest', testRegex: REST_SPEC },
  ],
  testTimeout: TIMEOUT,
  testSequencer: '<rootDir>/tools/jest-order.cjs',
  reporters: ['default', '<rootDir>/tools/jest-summary-reporter.cjs'],
  // Journeys start processes, so one core stays free for them.
  maxWorkers: Math.min(4, Math.max(2, availableParallelism() - 1)),
  workerIdleMemoryLimit: '1GB',
};
