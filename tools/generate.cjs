// Writes the files that are generated from code (OpenAPI, message schemas, settings); `--check` only reports whether they are current.
const { existsSync } = require('node:fs');
const { spawnSync } = require('node:child_process');
const { dirname } = require('node:path');
const { build } = require('./build.cjs');

const GENERATOR = 'dist/tools/generate/generate.js';

build()
  .then(() => {
    process.chdir(dirname(__dirname));
    if (!existsSync(GENERATOR)) return console.log(`nothing to generate: no ${GENERATOR}`);
    process.exitCode =
      spawnSync(process.execPath, [GENERATOR, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1;
  })
  .catch((error) => (console.error(error.message ?? error), process.exit(1)));
