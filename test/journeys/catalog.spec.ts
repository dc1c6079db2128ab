import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { call, newDirectory, removeDirectories, ServerProcess, startStandalone } from '../support/server';
import { ROOT } from '../support/server-process';
import { startTally } from '../support/tally';

jest.setTimeout(120_000);
afterAll(removeDirectories);

const fileOf = (name: string, ...changes: readonly (readonly [from: string, to: string])[]): string => {
  const text = readFileSync(join(ROOT, `catalogs/${name}.yaml`), 'utf8');
  const file = join(newDirectory(), 'catalog.yaml');
  for (const [from] of changes) if (!text.includes(from)) throw new Error(`The catalog lacks ${from}.`);
  writeFileSync(
    file,
    changes.reduce((changed, [from, to]) => changed.replace(from, to), text),
  );
  return file;
};

const started = (data: string, ...flags: readonly string[]) =>
  new ServerProcess({ flags: ['--port', '0', '--data', data, '--no-demo', ...flags] });

test('a start with a bad catalog exits with 1 and names line, column and rule', async () => {
  const bad = fileOf('ocriva', ['USD: "79.00"', 'USD: 79.00'], ['country: TH', 'country: THA']);
  const lines = readFileSync(bad, 'utf8').split('\n');
  const lineOf = (part: string) => lines.findIndex((line) => line.includes(part)) + 1;
  const refused = started(newDirectory(), '--catalog', bad);
  expect(await refused.ended).toBe(1);
  expect(refused.err.trim().split('\n')).toEqual([
    'The catalog cannot be used:',
    `${bad}:${lineOf('79.00')}:15 plans[2].prices.USD: must be a quoted amount such as "29.99", with at most 2 decimals`,
    `${bad}:${lineOf('THA')}:3 seller.country: must be a country code of ISO 3166-1, such as DE`,
  ]);
});

test('prices without a seller: the start goes on with a warning', async () => {
  const text = readFileSync(join(ROOT, 'catalogs/leapocr.yaml'), 'utf8');
  const seller = text.slice(text.indexOf('seller:\n'), text.indexOf('tax: { seller'));
  const server = started(newDirectory(), '--catalog', fileOf('leapocr', [seller, '']));
  await server.url();
  expect(server.out).toContain('The catalog has prices but no seller: every sale is refused (no_seller).');
  expect(await server.stop()).toBe(0);
});

describe('a log keeps its catalog', () => {
  const data = newDirectory();
  const catalogOf = async (server: ServerProcess) => (await call(`${await server.url()}/v1/catalog`, { key })).body.id;
  let key: string;
  beforeAll(async () => {
    const first = await startStandalone(data, { flags: ['--catalog', 'catalogs/ocriva.yaml'] });
    key = first.keys.operator;
    expect(await first.process.stop()).toBe(0);
  });

  test('another id is refused, with the sentence of how to go on', async () => {
    const refused = started(data, '--catalog', 'catalogs/leapocr.yaml');
    expect(await refused.ended).toBe(1);
    expect(refused.err).toBe(
      'The log belongs to the catalog "ocriva", but TALLY_CATALOG is "catalogs/leapocr.yaml" with the catalog "leapocr". ' +
        'Start with a version of "ocriva", or confirm the change with --change-catalog.\n',
    );
  });

  test('a start that names none, and the command line, go on with the catalog of the log', async () => {
    const server = started(data);
    expect(await catalogOf(server)).toBe('ocriva');
    expect(await server.stop()).toBe(0);
    expect((await startTally(['verify', '--data', data]).done).exitCode).toBe(0);
  });

  test('--change-catalog confirms it, once', async () => {
    const changed = started(data, '--catalog', 'catalogs/leapocr.yaml', '--change-catalog');
    expect(await catalogOf(changed)).toBe('leapocr');
    expect(await changed.stop()).toBe(0);
    const again = started(data, '--catalog', 'catalogs/leapocr.yaml');
    expect(await catalogOf(again)).toBe('leapocr');
    expect(await again.stop()).toBe(0);
    expect(await started(data, '--catalog', 'catalogs/ocriva.yaml').ended).toBe(1);
  });
});
