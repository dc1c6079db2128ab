import { execFileSync } from 'node:child_process';

const BORDERS = 'tallystick/borders';
const SYNTAX = 'no-restricted-syntax';
const GLOBALS = 'no-restricted-globals';

const domain = 'libs/domain/ledger/src/planted.ts';
const kernel = 'libs/domain/kernel/src/planted.ts';
const catalog = 'libs/domain/catalog/src/planted.ts';
const contracts = 'libs/contracts/ledger/src/planted.ts';
const eventing = 'libs/eventing/src/planted.ts';
const embedded = 'libs/adapters/embedded/src/planted.ts';
const service = 'libs/services/job-intake/src/planted.ts';
const hosting = 'libs/hosting/src/planted.ts';
const platform = 'libs/platform/src/planted.ts';
const app = 'apps/standalone/src/planted.ts';

const use = (specifier: string): string => `import * as it from '${specifier}';\nexport { it };\n`;
const lines = (count: number): string => 'export {};\n'.repeat(count);

type Planted = [what: string, file: string, code: string, rule?: string];

/**
 * Lints texts as if they stood in the given files; answers the rules that refuse each. In a process of its own, because
 * jest cannot import ESLint's configuration. Rules that need types are off: a planted file is in no program.
 */
const lint = (planted: Planted[]): string[][] => {
  const script = `
    const { ESLint } = require('eslint');
    const untyped = ['no-floating-promises', 'no-misused-promises', 'await-thenable', 'switch-exhaustiveness-check'];
    const eslint = new ESLint({
      overrideConfig: {
        languageOptions: { parserOptions: { projectService: false } },
        rules: Object.fromEntries(untyped.map((rule) => ['@typescript-eslint/' + rule, 'off'])),
      },
    });
    const refusals = async ([, filePath, code]) =>
      (await eslint.lintText(code, { filePath }))[0].messages.map(({ ruleId, message }) => ruleId ?? message);
    const planted = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
    Promise.all(planted.map(refusals)).then((found) => console.log(JSON.stringify(found)));
  `;
  const input = JSON.stringify(planted);
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { input, encoding: 'utf8' })) as string[][];
};

describe('a planted breach is refused', () => {
  const breaches: Planted[] = [
    ['domain → Nest', domain, use('@nestjs/common'), BORDERS],
    ['domain → a Node module', domain, use('node:fs'), BORDERS],
    ['domain → a Node module under its old name', domain, use('fs'), BORDERS],
    ['domain → eventing', domain, use('@tallystick/eventing'), BORDERS],
    ['kernel → catalog', kernel, use('@tallystick/domain/catalog'), BORDERS],
    ['catalog → ledger', catalog, use('@tallystick/domain/ledger'), BORDERS],
    ['contracts → a service', contracts, use('@tallystick/services/job-intake'), BORDERS],
    ['contracts → ledger', contracts, use('@tallystick/domain/ledger'), BORDERS],
    ['eventing → contracts', eventing, use('@tallystick/contracts/ledger'), BORDERS],
    ['eventing → Nest', eventing, use('@nestjs/microservices'), BORDERS],
    ['adapter → domain', embedded, use('@tallystick/domain/ledger'), BORDERS],
    ['adapter → another driver', embedded, use('kafkajs'), BORDERS],
    ['service → adapter', service, use('@tallystick/adapters/embedded'), BORDERS],
    ['service → service', service, use('@tallystick/services/credit-ledger'), BORDERS],
    ['service → platform', service, use('@tallystick/platform'), BORDERS],
    ['service → driver', service, use('node:sqlite'), BORDERS],
    ['platform → service', platform, use('@tallystick/services/job-intake'), BORDERS],
    ['app → driver', app, use('node-sqlite3-wasm'), BORDERS],
    ['anyone → inside a library', app, use('@tallystick/domain/ledger/src/fold'), BORDERS],
    ['anyone → a neighbour by path', service, use('../../credit-ledger/src/index'), BORDERS],
    ['a test → a library by path', 'test/planted.ts', use('../libs/eventing/src/index'), BORDERS],
    ['a layer that is not in the table', 'libs/planted/src/index.ts', use('rxjs'), BORDERS],
    ['a breach in a type', domain, "export type It = import('@nestjs/common').Type;\n", BORDERS],
    ['a breach at run time', service, "export const it = import('@tallystick/platform');\n", BORDERS],
    ['a clock in the domain', domain, 'export const now = new Date();\n', SYNTAX],
    ['Date.now in the domain', domain, 'export const now = Date.now();\n', SYNTAX],
    ['Date.now handed on', domain, 'export const now = Date.now;\n', SYNTAX],
    ['Temporal.Now in the domain', domain, use('temporal-polyfill') + 'it;Temporal.Now.instant();\n', SYNTAX],
    ['Date.now in the platform', platform, 'export const now = Date.now();\n', SYNTAX],
    ['Date.now in a service', service, 'export const now = Date.now();\n', SYNTAX],
    ['a clock in hosting', hosting, 'export const now = new Date();\n', SYNTAX],
    ['performance.now in hosting', hosting, 'export const now = performance.now();\n', SYNTAX],
    ['hosting → domain/ledger', hosting, use('@tallystick/domain/ledger'), BORDERS],
    ['hosting → a service', hosting, use('@tallystick/services/credit-ledger'), BORDERS],
    ['randomness in the domain', domain, 'export const dice = Math.random();\n', SYNTAX],
    ['crypto in the domain', domain, 'export const id = crypto.randomUUID();\n', GLOBALS],
    ['a timer in the domain', domain, 'setTimeout(String, 1);\n', GLOBALS],
    ['the environment in the domain', domain, 'export const env = process.env;\n', GLOBALS],
    ['a file too long', service, lines(251), 'max-lines'],
    [
      'a function too long',
      domain,
      `export const f = () => {\n${'String();\n'.repeat(51)}};\n`,
      'max-lines-per-function',
    ],
  ];
  const found = lint(breaches);
  test.each(breaches.map(([what, , , rule], at) => ({ what, rule, refusals: found[at] })))(
    '$what',
    ({ rule, refusals }) => expect(refusals).toContain(rule),
  );
});

describe('what the table allows passes', () => {
  const allowed: Planted[] = [
    ['ledger → kernel', domain, use('@tallystick/domain/kernel')],
    ['ledger → catalog', domain, use('@tallystick/domain/catalog')],
    ['catalog → yaml', catalog, use('yaml')],
    ['a date from a command', domain, 'export const at = (time: string): Date => new Date(time);\n'],
    ['contracts → a validator', contracts, use('class-validator')],
    ['adapter → its driver', embedded, use('node-sqlite3-wasm') + use('node:fs').replaceAll(/\bit\b/g, 'fs')],
    [
      'service → Nest and the ports',
      service,
      use('@nestjs/common') + use('@tallystick/eventing').replaceAll(/\bit\b/g, 'ports'),
    ],
    ['app → service', app, use('@tallystick/services/job-intake')],
    ['a file beside it', domain, use('./fold')],
    ['a test → an app by path', 'test/planted.ts', use('../apps/standalone/src/demo/demo')],
    ['a spec → Node and test tools', 'libs/domain/ledger/src/planted.spec.ts', use('fast-check')],
  ];
  const found = lint(allowed);
  test.each(allowed.map(([what], at) => ({ what, refusals: found[at] })))('$what', ({ refusals }) =>
    expect(refusals).toEqual([]),
  );
});
