const { existsSync } = require('node:fs');
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
  testTimeout: 30_000,
};
