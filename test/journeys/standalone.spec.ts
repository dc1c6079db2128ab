import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  call,
  newDirectory,
  removeDirectories,
  ServerProcess,
  type Standalone,
  type StartOptions,
  startStandalone,
} from '../support/server';

jest.setTimeout(90_000);
afterAll(removeDirectories);

const job = (id: string, pages = 10) => ({
  id,
  operation: 'document-extraction',
  usage: { files: [{ type: 'pdf', pages }] },
});
const balanceOf = async ({ url, organizationId, keys }: Standalone) =>
  (await call(`${url}/v1/organizations/${organizationId}/balance`, { key: keys.organization })).body;

describe('the first start', () => {
  let server: Standalone;
  beforeAll(async () => (server = await startStandalone()));
  afterAll(() => server.process.stop());

  test('prints its address, the keys and three commands that work as printed', async () => {
    await server.process.until(() => server.process.err.includes('Every route'), 'its last line is printed');
    const { err } = server.process;
    expect(err).toContain(`Tallystick runs on ${server.url}`);
    for (const key of Object.values(server.keys)) expect(err).toContain(key);
    const lines = [...err.matchAll(/^ +(curl .*)$/gm)].map(([, line]) => line!);
    expect(lines).toHaveLength(3);
    const answers = lines.map((line) => {
      const { stdout } = spawnSync('bash', ['-c', `${line} -s -w '\\n%{http_code}'`], { encoding: 'utf8' });
      return stdout.split('\n');
    });
    expect(answers.map(([, status]) => status)).toEqual(['202', '200', '200']);
    expect(JSON.parse(answers[2]![0]!)).toMatchObject({ reserved: 0, consumed: 10, available: 1490 });
  });

  test('stores the keys in a file that only its owner can read', () => {
    const file = join(server.data, 'demo.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      url: server.url,
      organizationId: 'demo',
      projectId: 'demo-project',
      keys: server.keys,
    });
  });

  test('serves health, metrics and the OpenAPI document', async () => {
    const ready = await call(`${server.url}/health/ready`);
    const sqlite = expect.stringMatching(/^SQLite 3\.\d+\.\d+ \((node:sqlite|node-sqlite3-wasm)\)$/);
    const here = { kind: 'sqlite', at: server.data, engine: sqlite };
    const stores = { eventStore: here, views: here, records: here, bus: { ...here, kind: 'embedded' } };
    expect([ready.status, ready.body]).toEqual([200, expect.objectContaining({ stores })]);
    expect(server.process.out).toContain(`"stores":${JSON.stringify(ready.body.stores)}`);
    const metrics = (await call(`${server.url}/metrics`)).body as string;
    expect(metrics).toContain('tallystick_commands_total');
    expect(metrics).toContain('process_cpu_seconds_total');
    const { paths } = (await call(`${server.url}/docs/openapi.json`)).body;
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/v1/jobs', '/v1/organizations/{organization}/balance']),
    );
  });

  test('writes no key to its log', () => {
    for (const key of Object.values(server.keys)) expect(server.process.out).not.toContain(key);
  });

  test('a second server on the same directory or the same port does not start and reports the reason', async () => {
    const same = new ServerProcess({ flags: ['--port', '0', '--data', server.data] });
    expect(await same.ended).toBe(1);
    expect(same.err).toMatch(/^The data directory .* is in use by process \d+\. .*\n$/);
    const port = new URL(server.url).port;
    const other = new ServerProcess({ flags: ['--port', port, '--data', newDirectory()] });
    expect(await other.ended).toBe(1);
    expect(other.err).toBe(
      `TALLY_LISTEN is "127.0.0.1:${port}": that port is in use. Stop who uses it, or take another with --port N.\n`,
    );
  });
});

describe('a stop and the next start', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s stops it cleanly; the next start continues with the same data',
    async (signal) => {
      const first = await startStandalone();
      await call(`${first.url}/v1/jobs`, { key: first.keys.project, body: job('kept') });
      const before = await balanceOf(first);
      first.process.signal(signal);
      expect(await first.process.ended).toBe(0);

      const second = await startStandalone(first.data);
      await second.process.until(() => second.process.err.includes('runs on'), 'its address is printed');
      expect(second.keys).toEqual(first.keys);
      expect(await balanceOf(second)).toEqual({ ...before, asOf: expect.any(String) });
      for (const key of Object.values(first.keys)) expect(second.process.err).not.toContain(key);
      expect(second.process.err).toContain('demo.json');
      expect(JSON.parse(readFileSync(join(first.data, 'demo.json'), 'utf8')).url).toBe(second.url);
      expect(await second.process.stop()).toBe(0);
    },
  );

  test('acknowledged jobs survive kill -9', async () => {
    const first = await startStandalone();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        call(`${first.url}/v1/jobs`, { key: first.keys.project, body: job(`j${i}`, 1) }),
      ),
    );
    first.process.signal('SIGKILL');
    await first.process.ended;
    const second = await startStandalone(first.data);
    expect(await balanceOf(second)).toMatchObject({ reserved: 40 });
    const again = await call(`${second.url}/v1/jobs`, { key: second.keys.project, body: job('j7', 1) });
    expect([again.status, again.body.revision]).toEqual([200, answers[7]!.body.revision]);
    await second.process.stop();
  });

  test('a stop under load completes running requests, and every acknowledged job is stored', async () => {
    const first = await startStandalone();
    const accepted: string[] = [];
    let isOver = false;
    const send = async (worker: number) => {
      for (let i = 0; !isOver; i++) {
        const id = `w${worker}-${i}`;
        const answer = await call(`${first.url}/v1/jobs`, {
          key: first.keys.project,
          body: job(id, 1),
        }).catch(() => undefined);
        if (answer?.status === 202) accepted.push(id);
        else if (answer === undefined) return;
      }
    };
    const workers = Array.from({ length: 8 }, (_, worker) => send(worker));
    while (accepted.length < 100) await pause(5);
    const asked = Date.now();
    expect(await first.process.stop()).toBe(0);
    expect(Date.now() - asked).toBeLessThan(8_000);
    isOver = true;
    await Promise.all(workers);
    const second = await startStandalone(first.data);
    const { reserved } = await balanceOf(second);
    expect(reserved).toBeGreaterThanOrEqual(accepted.length);
    for (const id of accepted.slice(-10))
      expect((await call(`${second.url}/v1/jobs/${id}`, { key: second.keys.project })).body.status).toBe('reserved');
    await second.process.stop();
  });

  test('a second signal stops the server immediately', async () => {
    const server = await startStandalone(newDirectory(), { environment: { TALLY_STOP_SECONDS: '60' } });
    // A request whose body never arrives delays the first stop.
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      `POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${server.keys.project}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
    );
    await pause(200);
    server.process.signal('SIGINT');
    // npm forwards the same Ctrl-C.
    server.process.signal('SIGINT');
    await pause(1_000);
    expect(server.process.isRunning).toBe(true);
    server.process.signal('SIGINT');
    expect(await server.process.ended).toBe(130);
  });

  test('connections that do not end are closed after the time-out', async () => {
    const server = await startStandalone(newDirectory(), { environment: { TALLY_STOP_SECONDS: '1' } });
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{');
    await pause(200);
    const asked = Date.now();
    expect(await server.process.stop()).toBe(0);
    expect(Date.now() - asked).toBeLessThan(8_000);
  });
});

describe('without a demo', () => {
  test('the operator key is printed once', async () => {
    const data = newDirectory();
    const flags = ['--port', '0', '--data', data, '--no-demo'];
    const first = new ServerProcess({ flags });
    const url = await first.url();
    await first.until(() => first.err.includes('shown this once'), 'the operator key is printed');
    const key = /tsk_operator_\S+/.exec(first.err)![0];
    expect((await call(`${url}/v1/organizations`, { key })).body).toEqual({ data: [], nextCursor: null });
    expect(existsSync(join(data, 'demo.json'))).toBe(false);
    await first.stop();

    const second = new ServerProcess({ flags });
    const again = await second.url();
    expect((await call(`${again}/v1/organizations`, { key })).status).toBe(200);
    await second.stop();
    expect(second.err).not.toContain('tsk_operator_');
  });

  test('a configured operator key is accepted and not printed', async () => {
    const environment = { TALLY_OPERATOR_KEY: 'a-key-of-my-own-choice', TALLY_DEMO: 'off' };
    const server = new ServerProcess({ flags: ['--port', '0', '--data', newDirectory()], environment });
    const url = await server.url();
    expect((await call(`${url}/v1/organizations`, { key: 'a-key-of-my-own-choice' })).status).toBe(200);
    await server.stop();
    expect(server.out + server.err).not.toContain('a-key-of-my-own-choice');
  });
});

describe('a failed start prints one sentence and exits with 1', () => {
  const fileOf = (name: string, text: string): string => {
    const directory = newDirectory();
    writeFileSync(join(directory, name), text);
    return directory;
  };
  // The specs of the settings test all other invalid values.
  const starts: readonly (readonly [what: string, said: RegExp, options: StartOptions])[] = [
    [
      'a wrong value',
      /^TALLY_MAX_BATCH is "many": it must be a whole number from 1 to 1000\.\n$/,
      { environment: { TALLY_MAX_BATCH: 'many' } },
    ],
    ['an invalid line in .env', /^TALLY_LOG_LEVEL is "loud": .*\n$/, { cwd: fileOf('.env', 'TALLY_LOG_LEVEL=loud\n') }],
    ['a wrong flag', /^Unknown option '--colour'\. .*\n$/, { flags: ['--colour'] }],
    [
      'an invalid catalog, with file and line of each problem',
      /^The catalog cannot be used:\n(.*catalog\.yaml:\d+:\d+ .*\n)+$/,
      { flags: ['--catalog', join(fileOf('catalog.yaml', 'id: mine\noperations: 7\n'), 'catalog.yaml')] },
    ],
    [
      'an address of another machine',
      /^TALLY_LISTEN is "203\.0\.113\.7:4400": this machine cannot listen there \(EADDRNOTAVAIL\)\.\n$/,
      { environment: { TALLY_LISTEN: '203.0.113.7:4400' }, flags: ['--data', newDirectory()] },
    ],
  ];
  let refused: readonly ServerProcess[];
  beforeAll(() => {
    refused = starts.map(([, , options]) => new ServerProcess(options));
  });

  test.each(starts.map(([what, said], at) => [what, said, at] as const))('%s', async (_, said, at) => {
    expect(await refused[at]!.ended).toBe(1);
    expect(refused[at]!.out).toBe('');
    expect(refused[at]!.err).toMatch(said);
  });

  test('a port that is in use leaves the data unchanged', async () => {
    const data = newDirectory();
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    const failed = new ServerProcess({ flags: ['--port', `${port}`, '--data', data] });
    expect(await failed.ended).toBe(1);
    blocker.close();
    const server = await startStandalone(data);
    expect((await balanceOf(server)).available).toBe(1000);
    expect(await server.process.stop()).toBe(0);
  });
});
