import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestServer } from '../support/eventstoredb/server';
import { describeWithPostgres } from '../support/postgres/describe-with-postgres';
import { ServerProcess } from '../support/server-process';
import { until } from '../support/until';

jest.setTimeout(240_000);

const OPERATOR = 'operator-key-of-this-test';

/** Two processes on one EventStoreDB (the test server) and one PostgreSQL, which is newer than the restored log. */
describeWithPostgres('An EventStoreDB that was restored from an older backup', (postgres) => {
  const directory = mkdtempSync(join(tmpdir(), 'tallystick-restored-'));
  const file = join(directory, 'log');
  let server: TestServer;
  const running: ServerProcess[] = [];
  let buses = 0;

  const launch = (...flags: string[]): ServerProcess => {
    const process = new ServerProcess({
      flags: ['--port', '0', '--no-demo', ...flags],
      environment: {
        TALLY_EVENT_STORE: server.address,
        TALLY_VIEWS: postgres().url(),
        TALLY_BUS: `embedded:${join(directory, `bus${(buses += 1)}`)}`,
        TALLY_OPERATOR_KEY: OPERATOR,
        TALLY_LOG_FORMAT: 'json',
      },
    });
    running.push(process);
    return process;
  };
  const call = async (url: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${OPERATOR}`, 'content-type': 'application/json' };
    const response = await fetch(url + path, {
      headers,
      method: body ? 'POST' : 'GET',
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const open = (url: string, id: string) => call(url, '/v1/organizations', { id, name: id });
  const checks = async (url: string) => (await call(url, '/health/ready')).body['checks'] as Record<string, string>;
  const views = async (url: string) =>
    (await call(url, '/v1/ops/views')).body['data'] as { checkpoint: number; head: number }[];
  const caughtUp = (url: string) =>
    until(async () => (await views(url)).every(({ checkpoint, head }) => checkpoint === head));
  const restore = async () => {
    const { port } = server;
    await server.stop();
    cpSync(`${file}.backup`, file);
    server = await TestServer.start({ file, port });
  };

  beforeAll(async () => void (server = await TestServer.start({ file })));
  afterAll(async () => {
    await Promise.all(running.map((process) => process.stop()));
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test('stops running processes, refuses to start, and continues with a new epoch once it is accepted', async () => {
    const [a, b] = [launch(), launch()];
    const [first, second] = [await a.url(), await b.url()];
    expect((await open(first, 'kept')).status).toBe(201);
    await caughtUp(first);
    cpSync(file, `${file}.backup`);
    expect((await open(second, 'lost')).status).toBe(201);
    await caughtUp(second);

    await restore();
    for (const url of [first, second]) {
      await until(async () => /restored from an older backup/.test((await checks(url))['log']!));
      expect((await open(url, 'more')).status).toBe(503);
    }

    await b.stop();
    const refused = launch();
    expect([await refused.ended, refused.err]).toEqual([1, expect.stringContaining('--accept-truncated-log')]);

    const third = await launch('--accept-truncated-log').url();
    await caughtUp(third);
    expect((await call(third, '/v1/organizations/lost/balance')).status).toBe(404);
    expect((await open(third, 'lost')).status).toBe(201);
    // The process that kept running has read events that the log has lost.
    await until(async () => /new epoch/.test((await checks(first))['log']!));
    expect((await open(first, 'more')).status).toBe(503);
    await a.stop();

    const again = await launch().url();
    expect(await checks(again)).toMatchObject({ log: 'ok' });
    expect((await open(again, 'more')).status).toBe(201);
    await caughtUp(third);
  });
});
