import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedBus } from '@tallystick/adapters/embedded';
import { until } from '../support/until';
import {
  call,
  describeOneProcess,
  newDirectory,
  removeDirectories,
  ServerProcess,
  startStandalone,
  type TestResponse,
  type Standalone,
} from '../support/server';

// Each test starts several processes, one after the other.
jest.setTimeout(180_000);

describeOneProcess('A log that is shorter than the data read from it', () => {
  let data: string;
  let server: Standalone;
  const ended: (() => Promise<unknown>)[] = [];
  const start = async (...flags: string[]): Promise<Standalone> => {
    server = await startStandalone(data, { flags });
    ended.push(() => server.process.stop());
    return server;
  };
  const submit = (id: string): Promise<TestResponse> =>
    call(`${server.url}/v1/jobs`, {
      key: server.keys.project,
      body: { id, operation: 'document-to-markdown', usage: { files: [{ type: 'pdf', pages: 1 }] } },
    });
  const job = (id: string): Promise<TestResponse> => call(`${server.url}/v1/jobs/${id}`, { key: server.keys.project });
  const operator = (path: string, more: object = {}): Promise<TestResponse> =>
    call(`${server.url}${path}`, { key: server.keys.operator, ...more });
  const views = async () =>
    (await operator('/v1/ops/views')).body.data as { name: string; checkpoint: number; head: number }[];
  const caughtUp = () => until(async () => (await views()).every(({ checkpoint, head }) => checkpoint === head));
  const grant = (name: string) =>
    operator(`/v1/organizations/${server.organizationId}/grants`, {
      body: { kind: 'top-up', credits: 5, reason: 'test' },
      headers: { 'idempotency-key': name },
    });
  const refusedStart = async (...flags: string[]): Promise<string> => {
    const process = new ServerProcess({ flags: ['--port', '0', '--data', data, ...flags] });
    expect(await process.ended).toBe(1);
    return process.err;
  };
  const replace = (file: string, from?: string) => {
    for (const name of readdirSync(data)) if (name.startsWith(file)) rmSync(join(data, name), { recursive: true });
    if (from === undefined) return;
    for (const name of readdirSync(from))
      if (name.startsWith(file)) cpSync(join(from, name), join(data, name), { recursive: true });
  };
  const REFUSED = /no longer[^]*--accept-truncated-log/;

  /** A backup of a directory, and the directory with one more job and grant. */
  const [older, newer] = [newDirectory(), newDirectory()];
  beforeAll(async () => {
    data = newer;
    await start();
    expect([(await submit('kept-1')).status, (await grant('kept')).status]).toEqual([202, 201]);
    await caughtUp();
    await server.process.stop();
    cpSync(newer, older, { recursive: true });
    await start();
    expect([(await submit('lost-1')).status, (await grant('lost')).status]).toEqual([202, 201]);
    const ending = { key: server.keys.service, body: { organizationId: server.organizationId } };
    await call(`${server.url}/v1/jobs/lost-1/complete`, ending);
    await caughtUp();
    await server.process.stop();
  });
  beforeEach(() => {
    data = newDirectory();
    cpSync(newer, data, { recursive: true });
  });
  afterEach(async () => {
    for (const end of ended.splice(0)) await end();
  });
  afterAll(removeDirectories);

  test('an older events.db is refused; once accepted, the log continues from it', async () => {
    replace('events.db', older);
    expect(await refusedStart()).toMatch(REFUSED);
    await start('--accept-truncated-log');
    await caughtUp();
    expect((await submit('kept-1')).status).toBe(200);
    expect((await job('lost-1')).status).toBe(404);
    // A lost job counts again and is not a repetition.
    expect([(await submit('lost-1')).status, (await grant('lost')).status]).toEqual([202, 201]);
    expect((await grant('kept')).status).toBe(200);
    await server.process.stop();
    await start();
    expect((await submit('lost-1')).status).toBe(200);
  });

  test.each([
    ['is missing', () => replace('events.db')],
    ['has lost its write-ahead log', () => rmSync(join(data, 'events.db-wal'))],
  ])('an events.db that %s is refused', async (_, damage) => {
    await start();
    expect((await submit('lost-2')).status).toBe(202);
    await caughtUp();
    await server.process.kill();
    damage();
    expect(await refusedStart()).toMatch(REFUSED);
    await start('--accept-truncated-log');
    expect((await call(`${server.url}/health/ready`)).body.checks).toMatchObject({ log: 'ok' });
    expect((await job('lost-2')).status).toBe(404);
  });

  test('an accepted shorter log is published again under its new epoch', async () => {
    replace('events.db', older);
    await start('--accept-truncated-log');
    await caughtUp();
    await server.process.stop();
    const bus = await EmbeddedBus.open(join(data, 'bus.db'));
    const messages = await bus.browse('credits.events', { partition: 0, offset: '0' }, 1_000);
    await bus.close();
    const epochs = [...new Set(messages.map(({ headers }) => headers['log']))];
    expect(epochs).toHaveLength(2);
    const revisions = (log?: string) =>
      messages.filter(({ headers }) => headers['log'] === log).map(({ headers }) => Number(headers['revision']));
    const [before, after] = epochs.map(revisions);
    expect(after).toEqual(before!.slice(0, after!.length));
    expect(after!.length).toBeLessThan(before!.length);
  });

  test('records of another log are refused, and views of another log are rebuilt', async () => {
    const mine = newer;
    data = newDirectory();
    await start();
    await caughtUp();
    await server.process.stop();
    replace('views.db', mine);
    await start();
    await caughtUp();
    expect((await job('lost-1')).status).toBe(404);
    await server.process.stop();
    replace('records.db', mine);
    expect(await refusedStart('--accept-truncated-log')).toMatch(/records .* another|written beside the log/);
  });
});
