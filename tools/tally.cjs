#!/usr/bin/env node
// The command line from a checkout: builds it if it never was, then runs it.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const main = join(__dirname, '..', 'dist/apps/cli/src/main.js');
const ready = existsSync(main) ? Promise.resolve() : require('./build.cjs').build();
ready.then(() => require(main)).catch((error) => (console.error(error.message ?? error), process.exit(1)));
