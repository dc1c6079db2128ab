// The folder of a spec decides when it runs: `npm test` runs the quick specs, `npm run test:all` the rest as well.
const { existsSync, readdirSync } = require('node:fs');
const { join } = require('node:path');

const ROOT = join(__dirname, '..');
const ROOTS = ['apps', 'libs', 'test'].filter((folder) => existsSync(join(ROOT, folder)));

/** Folders of specs that need several processes, a third-party server or many seconds. */
const REST = {
  'test/conformance': 'adapters against real servers and test servers',
  'test/deploy': 'compose files, chart and image',
  'test/distributed': 'API tests and journeys on the distributed form',
  'test/faults': 'outages and poison messages in the distributed form',
  'test/long': 'long imports and simulations; backups, clock steps and damaged directories over many starts',
};
/** Helpers that start servers. A spec that loads one is not quick; test/workspace/suites.spec.ts checks it. */
const STARTS_SERVERS = ['kafka', 'postgres', 'eventstoredb', 'distributed', 'go-tool'].map(
  (name) => `test/support/${name}`,
);

const SPEC = '\\.spec\\.tsx?$';
const REST_SPEC = `/(${Object.keys(REST).join('|')})/.*${SPEC}`;
const isRest = (file) => new RegExp(REST_SPEC).test(`/${file}`);

/** Every spec of the workspace, by its path from the root. */
const specs = () =>
  ROOTS.flatMap((root) =>
    readdirSync(join(ROOT, root), { recursive: true, encoding: 'utf8' }).map((file) => join(root, file)),
  ).filter((file) => new RegExp(SPEC).test(file));

module.exports = { isRest, REST, REST_SPEC, ROOTS, SPEC, specs, STARTS_SERVERS };
