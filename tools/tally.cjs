#!/usr/bin/env node
// Runs the command line from a checkout, and builds it if necessary.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const main = join(__dirname, '..', 'dist/apps/cli/src/main.js');
const ready = existsSync(main) ? Promise.resolve() : require('./build.cjs').build();
ready.then(() => require(main)).catch((error) => (console.error(error.message ?? error), process.exit(1)));
