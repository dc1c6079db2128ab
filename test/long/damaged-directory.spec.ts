import { cpSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAMAGES } from '@tallystick/adapters/embedded';
import { until } from '../support/until';
import {
  call,
  newDirectory,
  removeDirectories,
  ServerProcess,
  startStandalone,
  type Standalone,
} from '../support/server';

// Starts a process for each file and each kind of damage.
jest.setTimeout(180_000);
afterAll(removeDirectories);

let whole: string;
let before: Standalone;
const balanceOf = (url: string) => call(`${url}/v1/organizations/demo/balance`, { key: before.keys.operator });

beforeAll(async () => {
  whole = newDirectory();
  before = await startStandalone(whole);
  for (let i = 0; i < 40; i++)
    await call(`${before.url}/v1/jobs`, {
      key: before.keys.project,
      body: {
        id: `job-${i}`,
        operation: 'document-extraction',
        usage: { files: [{ type: 'pdf', pages: 1 }] },
      },
    });
  await before.process.stop();
});

/** Copies the directory and damages one file. */
function damaged(file: string, kind: string): string {
  const data = newDirectory();
  cpSync(whole, data, { recursive: true });
  if (kind === 'missing') rmSync(join(data, file));
  else if (kind === 'without a byte') truncateSync(join(data, file), 0);
  else DAMAGES[kind]!(join(data, file));
  return data;
}
const KINDS = Object.keys(DAMAGES);
const start = (data: string, ...flags: string[]) =>
  new ServerProcess({ flags: ['--port', '0', '--data', data, ...flags] });
async function refused(data: string): Promise<string> {
  const process = start(data);
  expect(await process.ended).toBe(1);
  expect(process.err).toMatch(/^[^\n]+\n$/);
  return process.err;
}
const warningsOf = (process: ServerProcess): string[] =>
  process.out
    .split('\n')
    .filter((line) => /"level":"(?:warn|error)"/.test(line))
    .map((line) => (JSON.parse(line) as { msg: string }).msg);

describe('a start over a damaged views.db sets it aside and rebuilds the views', () => {
  test.each([...KINDS, 'missing', 'without a byte'])('%s', async (kind) => {
    const data = damaged('views.db', kind);
    const server = start(data);
    const url = await server.url();
    await until(async () => (await call(`${url}/health/ready`)).status === 200);
    expect((await balanceOf(url)).body).toMatchObject({ reserved: 40, available: 1460 });
    const aside = readdirSync(data).filter((name) => name.startsWith('views.db.damaged-'));
    expect(aside).toHaveLength(KINDS.includes(kind) ? 1 : 0);
    expect(warningsOf(server)).toEqual(
      aside.map((name) => expect.stringMatching(new RegExp(`^The database .*views.db is damaged: .*${name}, and`))),
    );
    expect(await server.stop()).toBe(0);
  });
});

describe.each([
  ['bus.db', /^The database .*bus\.db is damaged: .* Restore it .*; or move it away and start again: .* lost/],
  ['records.db', /^The database .*records\.db is damaged: .* Restore it .*; or start with --new-records/],
  ['events.db', /^The database .*events\.db is damaged: .* Restore all files .*tally verify\.$/],
])('a start over a damaged %s is refused with one sentence', (file, sentence) => {
  // The specs of the database test each kind of damage; these test each way of detection.
  test.each(['cut in half', 'zeros in its middle', 'a text', 'a folder'])('%s', async (kind) => {
    const data = damaged(file, kind);
    expect((await refused(data)).trim()).toMatch(sentence);
    expect(readdirSync(data)).not.toContainEqual(expect.stringContaining('.damaged-'));
  });
});

describe('a missing records.db next to a log with events', () => {
  test.each(['missing', 'without a byte'])('%s: refused, without a new key', async (kind) => {
    const data = damaged('records.db', kind);
    const said = await refused(data);
    expect(said).toMatch(/^The record store is empty, .*--new-records .*all keys.* lost/);
    // The refused start has created a file, which does not change the result.
    expect(await refused(data)).toBe(said);
  });

  test.each(['missing', 'zeros in its middle'])('%s: --new-records starts with new records', async (kind) => {
    const data = damaged('records.db', kind);
    rmSync(join(data, 'demo.json'));
    const server = start(data, '--new-records', '--no-demo');
    const url = await server.url();
    const [key] = /tsk_operator_\S+/.exec(server.err)!;
    const balance = (of: string) => call(`${url}/v1/organizations/demo/balance`, { key: of });
    expect((await balance(key)).body).toMatchObject({ reserved: 40, available: 1460 });
    expect((await balance(before.keys.operator)).status).toBe(401);
    await server.stop();
    const next = start(data, '--no-demo');
    await next.url();
    expect(await next.stop()).toBe(0);
  });
});

test('a missing bus.db is created', async () => {
  const server = start(damaged('bus.db', 'missing'));
  expect((await balanceOf(await server.url())).body).toMatchObject({ reserved: 40 });
  expect(await server.stop()).toBe(0);
});

describe('demo.json and the lock', () => {
  test.each(['cut in half', 'zeros in its middle', 'a text', 'a folder', 'without a byte'])(
    'demo.json, %s: the start continues and reports it',
    async (kind) => {
      const server = start(damaged('demo.json', kind));
      expect((await balanceOf(await server.url())).status).toBe(200);
      expect(warningsOf(server)).toEqual([expect.stringMatching(/demo\.json cannot be read \(/)]);
      expect(await server.stop()).toBe(0);
    },
  );

  test.each(['', '\u0000\u0000', 'a text'])(
    'tallystick.lock with %j: the start continues and reports it',
    async (text) => {
      const data = damaged('views.db', 'missing');
      writeFileSync(join(data, 'tallystick.lock'), text);
      const server = start(data);
      await server.url();
      expect(warningsOf(server)).toEqual([expect.stringMatching(/tallystick\.lock is damaged/)]);
      expect(await server.stop()).toBe(0);
    },
  );

  test('tallystick.lock, a folder: refused', async () => {
    const data = damaged('views.db', 'missing');
    mkdirSync(join(data, 'tallystick.lock'));
    expect(await refused(data)).toContain('tallystick.lock is a folder');
  });
});
