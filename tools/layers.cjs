// The allowed imports of each folder: the table behind the lint rule, the Nx tags and docs/architecture.md.
const KERNEL = 'domain/kernel';
const DOMAIN = 'domain/*';
const ANY = ['*'];
const CONTRACTS = ['class-validator', 'class-transformer', '@nestjs/swagger'];

// The first match applies. `npm` lists the packages allowed in non-test files; `node` allows the modules of Node.
const LAYERS = [
  { at: 'libs/domain/kernel', libs: [], npm: ['temporal-polyfill', 'big.js', 'dinero.js'] },
  { at: 'libs/domain/catalog', libs: [KERNEL], npm: ['temporal-polyfill', 'yaml', 'ajv'] },
  { at: 'libs/domain/ledger', libs: [KERNEL, 'domain/catalog'], npm: ['temporal-polyfill'] },
  { at: 'libs/domain/billing', libs: [KERNEL, 'domain/catalog'], npm: [] },
  { at: 'libs/runtime', libs: [], npm: [], node: true },
  {
    at: 'libs/contracts/http',
    libs: [KERNEL],
    npm: [...CONTRACTS, 'class-validator-jsonschema', '@nestjs/common', 'ajv'],
  },
  { at: 'libs/contracts/ledger', libs: [KERNEL, 'contracts/http'], npm: CONTRACTS },
  { at: 'libs/contracts/intake', libs: [KERNEL, 'contracts/http', 'contracts/ledger'], npm: CONTRACTS },
  { at: 'libs/contracts/billing', libs: [KERNEL, 'contracts/http', 'contracts/ledger'], npm: CONTRACTS },
  { at: 'libs/client', libs: ['contracts/*', 'runtime', KERNEL], npm: [] },
  { at: 'libs/eventing', libs: [KERNEL, 'runtime'], npm: [], node: true },
  { at: 'libs/eventing-testing', libs: [KERNEL, 'eventing', 'runtime'], npm: ['fast-check'], node: true },
  {
    at: 'libs/adapters/embedded',
    libs: ['eventing', 'contracts/*', 'runtime', KERNEL],
    npm: ['node-sqlite3-wasm', '@nestjs/common', '@nestjs/microservices', 'rxjs'],
    node: true,
    drivers: ['node-sqlite3-wasm', 'node:sqlite'],
  },
  {
    at: 'libs/adapters/eventstoredb',
    libs: ['eventing', 'runtime', KERNEL],
    npm: ['@eventstore/db-client', '@nestjs/common'],
    node: true,
    drivers: ['@eventstore/db-client'],
  },
  { at: 'libs/adapters/http', libs: ['eventing', 'contracts/*', 'runtime', KERNEL], npm: [], node: true },
  {
    at: 'libs/adapters/kafka',
    libs: ['eventing', 'contracts/*', 'runtime', KERNEL],
    npm: ['kafkajs', '@nestjs/common', '@nestjs/microservices', 'rxjs'],
    node: true,
    drivers: ['kafkajs'],
  },
  {
    at: 'libs/adapters/postgres',
    libs: ['eventing', 'contracts/*', 'runtime', KERNEL],
    npm: ['pg'],
    node: true,
    drivers: ['pg'],
  },
  { at: 'libs/hosting', libs: ['eventing', 'contracts/*', 'runtime', KERNEL], npm: ANY, node: true },
  {
    at: 'libs/catalog',
    libs: ['domain/catalog', 'eventing', 'hosting', 'runtime'],
    npm: ['@nestjs/common'],
    node: true,
  },
  {
    at: 'libs/services/*',
    libs: ['hosting', 'catalog', DOMAIN, 'contracts/*', 'eventing', 'runtime'],
    npm: ANY,
    node: true,
  },
  { at: 'libs/platform', libs: ['hosting', 'adapters/*', 'eventing', 'contracts/*', 'runtime'], npm: ANY, node: true },
  {
    at: 'apps/*',
    libs: [
      'services/*',
      'platform',
      'hosting',
      'catalog',
      'client',
      'adapters/*',
      'contracts/*',
      'eventing',
      'runtime',
      DOMAIN,
    ],
    npm: ANY,
    node: true,
  },
];

// Only the adapter that lists a package among its drivers may import it.
const DRIVERS = ['node-sqlite3-wasm', 'node:sqlite', 'kafkajs', '@eventstore/db-client', 'stripe', 'pg'];

const FAMILIES = { domain: 'domain', contracts: 'contracts', adapters: 'adapter', services: 'service' };
const matches = (pattern, name) =>
  pattern === '*' || pattern === name || (pattern.endsWith('/*') && name.startsWith(pattern.slice(0, -1)));

/** `libs/domain/ledger/src/fold.ts` → its root, alias name, layer family; undefined outside apps/ and libs/. */
const projectOf = (file) => {
  const [top, group, member] = file.split('/');
  if (top === 'apps') return { root: `apps/${group}`, name: undefined, family: 'app', member: group };
  if (top !== 'libs') return undefined;
  const family = FAMILIES[group];
  const name = family === undefined ? group : `${group}/${member}`;
  return {
    root: `libs/${name}`,
    name,
    family: family ?? group,
    member: family === undefined ? group : member,
  };
};

const layerOf = (root) => LAYERS.find(({ at }) => matches(at, root));

module.exports = { DRIVERS, LAYERS, layerOf, matches, projectOf };
