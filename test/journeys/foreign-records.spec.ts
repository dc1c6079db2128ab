import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { SqliteEventStore } from '@tallystick/adapters/embedded';
import { EmbeddedBus } from '@tallystick/adapters/embedded';
import { startTally } from '../support/tally';
import { balanceOf, caller, eventually, organizationWith } from '../support/callers';
import {
  describeOneProcess,
  newDirectory,
  removeDirectories,
  startStandalone,
  type Standalone,
} from '../support/server';

// Each test starts several processes, one after the other.
jest.setTimeout(180_000);

const AT = '2026-11-21T09:30:00.000Z';
const OURS = { schemaVersion: 1, occurredAt: AT, recordedAt: AT };

describeOneProcess('Records of another program', () => {
  const data = newDirectory();
  let server: Standalone;
  const start = async () =>
    void (server = await startStandalone(data, { flags: ['--catalog', 'catalogs/leapocr.yaml'] }));
  const stop = async () => expect(await server.process.stop()).toBe(0);
  const operator = (method: string, path: string, body?: unknown) => caller(server, 'operator')(method, path, body);
  const submit = (organizationId: string, id: string) =>
    caller(server, 'service')('POST', '/v1/jobs', {
      id,
      organizationId,
      operation: 'standard-v2',
      usage: { pages: 4 },
    });
  const tally = async (...args: string[]) => {
    const { done } = startTally([...args, '--url', server.url, '--key', server.keys.operator]);
    const { exitCode, out, err } = await done;
    return { exitCode, said: `${out}${err}` };
  };
  const accept = (stream: string, revision: number) =>
    operator('POST', `/v1/ops/streams/${stream}/accept-foreign`, { revision, reason: 'the report job' });
  /** Appends records as another program would, while no server runs. */
  const plant = async (...records: readonly (readonly [string, string, unknown, unknown])[]) => {
    const store = await SqliteEventStore.open(join(data, 'events.db'));
    for (const [stream, type, fact, metadata] of records) {
      const end = (await store.read(stream, 0, 10_000)).length - 1;
      await store.append(stream, end, [{ id: randomUUID(), type, data: fact, metadata }]);
    }
    await store.close();
  };
  const movements = async (id: string) =>
    ((await operator('GET', `/v1/organizations/${id}/history`)).body.data as { kind: string }[]).map(
      ({ kind }) => kind,
    );
  const isReady = () =>
    eventually(
      async () => (await fetch(`${server.url}/health/ready`)).status,
      (status) => status === 200,
    );
  const metric = async (name: string) => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    return text.split('\n').filter((line) => line.startsWith(name));
  };

  let [stopped, later, other] = ['', '', ''];
  beforeAll(async () => {
    await start();
    [stopped, later, other] = [
      await organizationWith(server, 100),
      await organizationWith(server, 100),
      await organizationWith(server, 100),
    ];
    expect((await submit(stopped, 'a')).status).toBe(202);
    await stop();
    await plant(
      ['credits-ledger-report', 'MonthlyReport', { sold: 3 }, undefined],
      [`credits-${stopped}`, 'MonthlyReport', { sold: 3 }, null],
      [`credits-${stopped}`, 'OutcomeRemembered', { jobId: {}, outcome: { kind: 'completed' } }, OURS],
      [`credits-${later}`, 'CreditsPainted', { colour: 'red' }, OURS],
      ['credits-ledger-report', 'CreditsGranted', { grantId: 'g', kind: 'top-up', credits: 5, reason: '' }, OURS],
    );
    await start();
  });
  afterAll(async () => {
    await stop();
    removeDirectories();
  });

  test('quarantine only their organization: the others stay ready, with views and messages', async () => {
    await isReady();
    expect((await submit(other, 'b')).status).toBe(202);
    await eventually(
      () => movements(other),
      ([last]) => last === 'reserve',
    );
    expect(await metric('tallystick_records_passed_over_total')).toContainEqual(
      'tallystick_records_passed_over_total{stream="not-ours"} 1',
    );
  });

  test('are named in errors, with the command that accepts them', async () => {
    const { status, body } = await operator('GET', `/v1/organizations/${stopped}/balance`);
    expect([status, body.code]).toEqual([500, 'organization_stopped']);
    const revision = body.stopped.revision as number;
    expect(body.detail).toContain(`tally ops accept-foreign credits-${stopped} ${revision} --reason TEXT`);
    expect((await submit(stopped, 'c')).body.detail).toContain('tally ops accept-foreign');
    const rows = (await operator('GET', '/v1/ops/organizations')).body.data as { organizationId: string }[];
    expect(rows.find(({ organizationId }) => organizationId === stopped)).toMatchObject({
      stopped: { kind: 'foreign', revision, type: 'MonthlyReport', eventId: expect.any(String) },
    });
    const parked = await operator('GET', '/v1/ops/parked-organizations');
    expect(parked.body.data).toContainEqual(
      expect.objectContaining({
        organizationId: later,
        stopped: expect.objectContaining({ kind: 'newer', type: 'CreditsPainted' }),
      }),
    );
    expect(await metric('tallystick_stopped_organizations')).toEqual(['tallystick_stopped_organizations 2']);
    const log = server.process.out.split('\n').filter((line) => line.includes('"An organization is stopped'));
    expect(JSON.parse(log[0]!)).toMatchObject({
      level: 'error',
      stream: expect.stringMatching(/^credits-/),
      revision: expect.any(Number),
      eventId: expect.any(String),
      reason: expect.any(String),
    });
    const events = await tally('events', stopped);
    expect(events.said).toContain('MonthlyReport');
  });

  test('are reported by verify', async () => {
    const { exitCode, said } = await tally('verify');
    expect(exitCode).toBe(1);
    expect(said).toContain('2 breaches');
    expect(said).toContain('Not a Tallystick stream: credits-ledger-report, which begins with MonthlyReport');
    expect(said).toMatch(new RegExp(`Not folded: revision \\d+ of credits-${stopped} \\(MonthlyReport`));
  });

  test('block the id of an organization that would use their stream', async () => {
    const { status, body } = await operator('POST', '/v1/organizations', { id: 'ledger-report', name: 'R' });
    expect([status, body.code]).toEqual([409, 'stream_taken']);
    expect((await operator('GET', '/v1/organizations/ledger-report')).status).toBe(404);
    expect((await submit('ledger-report', 'x')).body.code).toBe('unknown_organization');
  });

  test('can be accepted in stream order only', async () => {
    const { body } = await operator('GET', `/v1/organizations/${stopped}/balance`);
    const revision = body.stopped.revision as number;
    const stream = `credits-${stopped}`;
    const codeOf = async (of: string, at: number) => {
      const answer = await accept(of, at);
      return [answer.status, answer.body.code];
    };
    expect(await codeOf(stream, revision + 1)).toEqual([409, 'earlier_foreign_record']);
    expect(await codeOf(stream, 0)).toEqual([409, 'record_is_ours']);
    expect(await codeOf(stream, 1_000)).toEqual([409, 'revision_not_reached']);
    expect(await codeOf('credits-unknown', 0)).toEqual([404, 'not_found']);
    expect(await codeOf('credits-ledger-report', 0)).toEqual([409, 'stream_taken']);
    const newer = (await operator('GET', `/v1/organizations/${later}/balance`)).body.stopped.revision as number;
    expect(await codeOf(`credits-${later}`, newer)).toEqual([409, 'record_is_newer']);

    const first = await tally('ops', 'accept-foreign', stream, String(revision), '--reason', 'the report job');
    expect([first.exitCode, first.said]).toEqual([
      1,
      expect.stringContaining(`still stopped at revision ${revision + 1}`),
    ]);
    const second = await accept(stream, revision + 1);
    expect([second.status, second.body.state]).toEqual([200, 'running']);
    const again = await accept(stream, revision + 1);
    expect([again.status, again.body]).toEqual([200, second.body]);
  });

  test('are skipped once accepted: the organization continues with its former balance', async () => {
    expect(await balanceOf(server, stopped)).toMatchObject({ available: 96, reserved: 4, consumed: 0 });
    const done = await caller(server, 'service')('POST', '/v1/jobs/a/complete', { organizationId: stopped });
    expect(done.body).toMatchObject({ status: 'consumed', consumed: 4 });
    await eventually(
      () => movements(stopped),
      ([last]) => last === 'consume',
    );
    expect((await tally('replay')).exitCode).toBe(0);
  });

  test('stay skipped after a restart and in a rebuilt view', async () => {
    const before = await balanceOf(server, stopped);
    await stop();
    await start();
    expect(await balanceOf(server, stopped)).toEqual(before);
    expect((await submit(other, 'd')).status).toBe(202);
    expect((await tally('rebuild', 'balances')).exitCode).toBe(0);
    expect((await tally('replay')).exitCode).toBe(0);
    const { said } = await tally('verify');
    expect(said).toContain('1 breach');
    expect(said).toContain('Accepted as foreign: revision');
    await isReady();
  });

  test('leave no gap in the published events', async () => {
    await eventually(
      async () => (await operator('GET', '/v1/ops/views')).body.data,
      (views) => (views as { checkpoint: number; head: number }[]).every(({ checkpoint, head }) => checkpoint === head),
    );
    await stop();
    const bus = await EmbeddedBus.open(join(data, 'bus.db'));
    const revisions: number[] = [];
    const types: string[] = [];
    for (let partition = 0; partition < (await bus.partitions('credits.events')); partition++)
      for (const { key, headers } of await bus.browse('credits.events', { partition, offset: '0' }, 10_000)) {
        expect(key).not.toBe('ledger-report');
        if (key !== stopped) continue;
        revisions.push(Number(headers['revision']));
        types.push(headers['type']!);
      }
    await bus.close();
    await start();
    expect(revisions).toEqual(revisions.map((_, at) => at));
    expect(types.filter((type) => type.startsWith('Foreign'))).toEqual([
      'ForeignEventSkipped',
      'ForeignEventSkipped',
      'ForeignEventAccepted',
      'ForeignEventAccepted',
    ]);
  });
});
