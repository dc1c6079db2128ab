const { existsSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const { join } = require('node:path');

/** Nest 12 is ESM; jest 30 on Node < 24.9 cannot require(esm), so swc turns those packages into CJS too (cached). */
module.exports = {
  testEnvironment: 'node',
  roots: ['apps', 'libs', 'test'].map((dir) => join(__dirname, dir)).filter((dir) => existsSync(dir)),
  setupFiles: ['reflect-metadata'],
  testRegex: '\\.spec\\.tsx?$',
  transform: { '\\.m?[tj]sx?$': '<rootDir>/tools/jest-swc.cjs' },
  transformIgnorePatterns: [],
  moduleNameMapper: { '^@tallystick/(.*)$': '<rootDir>/libs/$1/src/index.ts' },
  testSequencer: '<rootDir>/tools/jest-order.cjs',
  reporters: ['default', '<rootDir>/tools/jest-summary-reporter.cjs'],
  testTimeout: 30_000,
  // Journeys start processes of their own, so a core is left to them.
  maxWorkers: Math.min(4, Math.max(2, availableParallelism() - 1)),
  workerIdleMemoryLimit: '1GB',
};
