import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from 'node-sqlite3-wasm';
import { ROOT } from '../support/server-process';
import { startTally, type CommandLineRun } from '../support/tally';
import { countOf, rowsOf, TRACE, traceText } from '../support/trace';
import {
  call,
  describeOneProcess,
  newDirectory,
  removeDirectories,
  startStandalone,
  type Standalone,
} from '../support/server';

jest.setTimeout(240_000);

const MAPPING = join(ROOT, 'examples/trace-mapping.yaml');

let folder: string;
let trace: string;
let server: Standalone;

interface ImportedBalance {
  readonly granted: number;
  readonly available: number;
  readonly reserved: number;
  readonly consumed: number;
}

beforeAll(async () => {
  folder = newDirectory();
  trace = join(folder, 'trace.csv');
  writeFileSync(trace, traceText());
  server = await startStandalone();
});
afterAll(async () => {
  await server?.process.stop();
  removeDirectories();
});

const start = (args: readonly string[]) =>
  startTally(args, { cwd: folder, environment: { TALLY_EVENT_STORE: `sqlite:${server.data}` } });

const tally = (...args: string[]): Promise<CommandLineRun> => start(args).done;

async function json<Body>(...args: string[]): Promise<Body> {
  const { out, err, exitCode } = await tally(...args, '--json');
  if (exitCode !== 0) throw new Error(`tally ${args.join(' ')} ended with ${exitCode}: ${err}${out}`);
  return JSON.parse(out) as Body;
}

const IMPORT = ['import', 'trace.csv', '--format', 'csv', '--map', MAPPING, '--retime', '--create-organizations'];

/** Runs the import until its progress file reports `fraction` of the rows, then sends the signal. */
async function interruptedAt(fraction: number, signal: NodeJS.Signals, batch: string): Promise<CommandLineRun> {
  const { child, done } = start([...IMPORT, '--batch', batch]);
  const enough = fraction * count().rows;
  while (progress() < enough && child.exitCode === null) await sleep(2);
  child.kill(signal);
  return done;
}

function progress(): number {
  try {
    return (JSON.parse(readFileSync(`${trace}.progress`, 'utf8')) as { row: number }).row;
  } catch {
    return 0;
  }
}

const count = () => countOf(rowsOf(readFileSync(trace, 'utf8')));

async function organizations(): Promise<string[]> {
  const { body } = await call(`${server.url}/v1/organizations?limit=1000`, { key: server.keys.operator });
  return (body.data as { id: string }[]).map(({ id }) => id).filter((id) => id.startsWith('trace-'));
}

async function allBalances(): Promise<ImportedBalance[]> {
  const balance = (id: string) => call(`${server.url}/v1/organizations/${id}/balance`, { key: server.keys.operator });
  return (await Promise.all((await organizations()).map(balance))).map(({ body }) => body as ImportedBalance);
}

async function* eventsOf(id: string): AsyncGenerator<{ type: string }> {
  for (let query = 'limit=1000'; ;) {
    const url = `${server.url}/v1/organizations/${id}/events?${query}`;
    const { body } = await call(url, { key: server.keys.operator });
    yield* body.data as { type: string }[];
    if (body.nextCursor === null) return;
    query = `limit=1000&cursor=${String(body.nextCursor)}`;
  }
}

const sum = (balances: readonly ImportedBalance[], of: keyof ImportedBalance) =>
  balances.reduce((total, it) => total + it[of], 0);

describe(`importing ${TRACE}`, () => {
  test('an import that is interrupted by Ctrl-C and by a kill, and repeated, counts each job once', async () => {
    const stopped = await interruptedAt(0.2, 'SIGINT', '40');
    expect(stopped.exitCode).toBe(130);
    expect(stopped.out).toContain('Run the same command again to continue.');
    const reached = progress();
    const killed = await interruptedAt(0.5, 'SIGKILL', '60');
    expect(killed.exitCode).toBeNull();
    expect(progress()).toBeGreaterThan(reached);

    const last = await tally(...IMPORT, '--json');
    expect(last).toMatchObject({ exitCode: 0, err: '' });
    const summary = JSON.parse(last.out) as Record<string, number>;
    const expected = count();
    expect(summary).toMatchObject({
      complete: true,
      rows: expected.rows,
      refused: {},
      unreadable: 0,
    });
    expect(summary.accepted! + summary.repeated!).toBe(expected.rows);

    const balances = await allBalances();
    expect(sum(balances, 'consumed')).toBe(expected.consumed);
    expect(sum(balances, 'reserved')).toBe(0);
    expect(sum(balances, 'available')).toBe(sum(balances, 'granted') - expected.consumed);
  });

  test('a second import of the same file moves nothing', async () => {
    const before = await allBalances();
    const { rows } = count();
    expect(await json(...IMPORT)).toMatchObject({ accepted: 0, repeated: rows, refused: {} });
    expect(await allBalances()).toEqual(before);
  });

  test('the streams have each movement once', async () => {
    const types: Record<string, number> = {};
    for (const id of await organizations())
      for await (const { type } of eventsOf(id)) types[type] = (types[type] ?? 0) + 1;
    const { rows, failed } = count();
    expect(types).toMatchObject({
      CreditsReserved: rows,
      CreditsConsumed: rows - failed,
      CreditsRefunded: failed,
    });
    const { out } = await tally('events', 'trace-40', '--json');
    const totals = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    const all: object[] = [];
    for await (const event of eventsOf('trace-40')) all.push(event);
    expect(totals).toEqual(all);
  });

  test('replay finds no difference, verify finds no violation, and a rebuilt view is equal', async () => {
    expect(await tally('replay')).toMatchObject({ exitCode: 0, err: '' });
    const verified = await json<{ breaches: unknown[]; events: number }>('verify');
    expect(verified.breaches).toEqual([]);
    expect(verified.events).toBeGreaterThan(2 * count().rows);
    const before = await allBalances();
    expect(await tally('rebuild', 'balances')).toMatchObject({ exitCode: 0, err: '' });
    expect(await allBalances()).toEqual(before);
    expect((await tally('replay', 'trace-1')).exitCode).toBe(0);
  });
});

describe('a user of the command line', () => {
  test('grants credits and reads the balance, past balances and the history', async () => {
    const before = await json<ImportedBalance & { revision: number }>('balance');
    const granted = await tally(
      'grant',
      '250',
      '--kind',
      'top-up',
      '--reason',
      'Goodwill',
      '--idempotency-key',
      'once',
    );
    expect(granted).toMatchObject({ exitCode: 0, err: '' });
    expect(granted.out).toContain('demo 250 credits of kind top-up');
    await tally('grant', 'demo', '250', '--reason', 'Goodwill', '--idempotency-key', 'once');
    const after = await json<ImportedBalance>('balance');
    expect(after.granted - before.granted).toBe(250);
    expect((await json<ImportedBalance>('balance', '--revision', String(before.revision))).granted).toBe(
      before.granted,
    );
    expect((await tally('balance')).out).toMatch(/available +1,250/);
    expect((await tally('history', '--kind', 'grant')).out).toContain('Goodwill');
    expect((await tally('events')).out).toContain('CreditsGranted');
  });

  test('gets an error as one sentence', async () => {
    const { exitCode, out, err } = await tally('balance', 'unknown');
    expect([exitCode, out]).toEqual([1, '']);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).not.toContain('    at ');
  });
});

describeOneProcess('a data directory', () => {
  test('is not opened while a server uses it; afterwards it shows the same data', async () => {
    const live = await json('balance');
    const held = await tally('balance', '--data', server.data);
    expect(held.exitCode).toBe(1);
    expect(held.err).not.toContain('    at ');
    await server.process.stop();
    expect(await json('balance', '--data', server.data)).toEqual(live);
    expect(await json('verify', '--data', server.data)).toMatchObject({ state: 'done', breaches: [] });
    const failed = await tally('balance');
    expect(failed.exitCode).toBe(1);
    expect(failed.err).toContain('Check that the server runs.');
  });

  test('with a changed view: replay reports the difference, rebuild removes it', async () => {
    const views = new Database(join(server.data, 'views.db'));
    views.exec(
      `PRAGMA locking_mode = EXCLUSIVE; UPDATE history SET credits = 7 WHERE organizationId = 'demo' AND revision = 1`,
    );
    views.close();
    const found = await tally('replay', '--data', server.data);
    expect(found.exitCode).toBe(1);
    expect(found.out).toContain('1 difference, the first in view history, organization demo');
    expect(found.out).toContain('tally rebuild history');
    expect((await tally('rebuild', 'history', '--data', server.data)).exitCode).toBe(0);
    expect(await tally('replay', '--data', server.data)).toMatchObject({ exitCode: 0, err: '' });
  });

  test('must be one', async () => {
    expect((await tally('balance', '--data', join(folder, 'nothing'))).exitCode).toBe(2);
  });
});
