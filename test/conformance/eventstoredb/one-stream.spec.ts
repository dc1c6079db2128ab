import { randomUUID } from 'node:crypto';
import { ANY, EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { balanceOf, caller, eventually, organizationWith } from '../../support/callers';
import { newDirectory, removeDirectories, startOneProcess, type Standalone } from '../../support/server';
import { TestServer } from '../../support/eventstoredb/server';
import { startTally } from '../../support/tally';

// Starts processes whose views are read from the server.
jest.setTimeout(180_000);

const AT = '2026-11-21T09:30:00.000Z';
const OURS = { schemaVersion: 1, occurredAt: AT, recordedAt: AT };

let events: TestServer;
let client: EventStoreDBClient;
let server: Standalone;
const data = newDirectory();
const start = async () =>
  void (server = await startOneProcess(data, {
    flags: ['--catalog', 'catalogs/leapocr.yaml'],
    environment: { TALLY_EVENT_STORE: events.address, TALLY_SNAPSHOT_EVERY: '10' },
  }));
const stop = async () => expect(await server.process.stop()).toBe(0);
const operator = (method: string, path: string, body?: unknown) => caller(server, 'operator')(method, path, body);
const submit = (organizationId: string, id: string) =>
  caller(server, 'service')('POST', '/v1/jobs', { id, organizationId, operation: 'standard-v2', usage: { pages: 1 } });
const append = (stream: string, type: string, fact: object, metadata?: object) =>
  client.appendToStream(
    stream,
    jsonEvent({ id: randomUUID(), type, data: fact as never, metadata: metadata as never }),
    { expectedRevision: ANY },
  );
const stateOf = async (id: string) => {
  const { status, body } = await operator('GET', `/v1/organizations/${id}/balance`);
  return status === 200 ? 'running' : `${body.code} ${body.stopped?.kind}`;
};
const isReady = () =>
  eventually(
    async () => (await fetch(`${server.url}/health/ready`)).status,
    (status) => status === 200,
  );

/** Changes by other programs, each with the affected organization and the expected state. */
const DEEDS: Readonly<Record<string, readonly [string, (stream: string) => Promise<unknown>]>> = {
  'an event without the metadata of Tallystick': ['foreign', (stream) => append(stream, 'MonthlyReport', { sold: 3 })],
  'a known type and metadata, but a job id that is an object': [
    'foreign',
    (stream) => append(stream, 'OutcomeRemembered', { jobId: {}, outcome: { kind: 'completed' } }, OURS),
  ],
  'a type of a later version': ['newer', (stream) => append(stream, 'CreditsPainted', {}, OURS)],
  'a tombstone': ['deleted', (stream) => client.tombstoneStream(stream)],
  'a soft deletion': ['deleted', (stream) => client.deleteStream(stream)],
  $tb: ['gap', (stream) => client.setStreamMetadata(stream, { truncateBefore: 3 })],
  $maxCount: ['gap', (stream) => client.setStreamMetadata(stream, { maxCount: 3 })],
};
const done = new Map<string, { readonly id: string; readonly kind: string }>();
let other = '';

beforeAll(async () => {
  events = await TestServer.start({});
  client = EventStoreDBClient.connectionString(events.address);
  await start();
  other = await organizationWith(server, 1_000);
  for (const [deed, [kind]] of Object.entries(DEEDS))
    done.set(deed, { id: await organizationWith(server, 1_000), kind });
  // Enough events for a snapshot.
  for (const { id } of done.values())
    for (let job = 0; job < 12; job++) expect((await submit(id, `job-${job}`)).status).toBe(202);
});
afterAll(async () => {
  await stop();
  await client.dispose();
  await events.stop();
  removeDirectories();
});

const goesOn = async (job: string) => {
  await isReady();
  const { status, body } = await submit(other, job);
  expect(status).toBe(202);
  await eventually(
    async () => (await operator('GET', `/v1/organizations/${other}/history`)).body.data as { revision: number }[],
    ([last]) => last?.revision === body.revision,
  );
};

test('Changes by other programs quarantine only that organization, while the service runs', async () => {
  await append('credits-ledger-report', 'MonthlyReport', {});
  for (const [deed, { id }] of done) await DEEDS[deed]![1](`credits-${id}`);
  await goesOn('while');
  expect((await operator('POST', '/v1/organizations', { id: 'ledger-report', name: 'R' })).body.code).toBe(
    'stream_taken',
  );
});

test('and after a restart, even with snapshots', async () => {
  await stop();
  await start();
  await goesOn('after');
  const states = Object.fromEntries(
    await Promise.all([...done].map(async ([deed, { id }]) => [deed, await stateOf(id)])),
  );
  expect(states).toEqual(
    Object.fromEntries([...done].map(([deed, { kind }]) => [deed, `organization_stopped ${kind}`])),
  );
});

test('and a history with hidden events is refused, not returned as empty', async () => {
  const { id } = done.get('$tb')!;
  const { status, body } = await operator('GET', `/v1/organizations/${id}/events`);
  expect([status, body.code]).toEqual([410, 'history_missing']);
  expect((await operator('GET', `/v1/organizations/${id}/events?fromRevision=3`)).status).toBe(200);
});

test('and no trial is granted again', async () => {
  for (const deed of ['a soft deletion', 'a tombstone']) {
    const { status, body } = await operator('POST', '/v1/organizations', {
      id: done.get(deed)!.id,
      name: 'N',
    });
    expect([status, body.code, body.stopped.kind]).toEqual([500, 'organization_stopped', 'deleted']);
  }
});

test('verify reports all of them', async () => {
  const { done: ran } = startTally(['verify', '--json', '--url', server.url, '--key', server.keys.operator]);
  const { exitCode, out } = await ran;
  expect(exitCode).toBe(1);
  const report = JSON.parse(out) as {
    breaches: { organizationId: string; what: string }[];
    foreign: { stream: string; kind: string }[];
  };
  const named = new Map(report.breaches.map(({ organizationId, what }) => [organizationId, what]));
  for (const [deed, { id }] of done) expect([deed, named.get(id)]).toEqual([deed, expect.any(String)]);
  expect(named.get(done.get('a tombstone')!.id)).toContain('was deleted on the server');
  expect(named.get(done.get('$tb')!.id)).toContain('lacks revisions 0 to 2');
  expect(report.foreign).toContainEqual(expect.objectContaining({ stream: 'credits-ledger-report', kind: 'not-ours' }));
  // The system record of the deletion is not a record of another program.
  expect(report.foreign.map(({ stream }) => stream)).not.toContain(`credits-${done.get('a tombstone')!.id}`);
  expect(named.has('ledger-report') || named.has(other)).toBe(false);
});

test('verify reports metadata before it hides events', async () => {
  await client.setStreamMetadata(`credits-${other}`, { maxCount: 1_000 });
  const { done: ran } = startTally(['verify', '--json', '--url', server.url, '--key', server.keys.operator]);
  const { breaches } = JSON.parse((await ran).out) as {
    breaches: { organizationId: string; what: string }[];
  };
  expect(breaches.find(({ organizationId }) => organizationId === other)?.what).toContain('$maxCount 1000');
  await client.setStreamMetadata(`credits-${other}`, {});
});

test('foreign events can be accepted, and hidden streams continue once their events are visible again', async () => {
  for (const deed of [
    'an event without the metadata of Tallystick',
    'a known type and metadata, but a job id that is an object',
  ]) {
    const { id } = done.get(deed)!;
    const { revision } = (await operator('GET', `/v1/organizations/${id}/balance`)).body.stopped as {
      revision: number;
    };
    const path = `/v1/ops/streams/credits-${id}/accept-foreign`;
    expect((await operator('POST', path, { revision, reason: 'test' })).body.state).toBe('running');
    expect(await balanceOf(server, id)).toMatchObject({ available: 988, reserved: 12 });
    expect((await submit(id, 'next')).status).toBe(202);
  }
  for (const deed of ['$tb', '$maxCount']) {
    const { id } = done.get(deed)!;
    await client.setStreamMetadata(`credits-${id}`, {});
    expect((await operator('POST', `/v1/ops/parked-organizations/${id}/release`)).status).toBe(200);
    expect(await balanceOf(server, id)).toMatchObject({ available: 988, reserved: 12 });
  }
  const { done: replayed } = startTally(['replay', '--url', server.url, '--key', server.keys.operator]);
  expect((await replayed).exitCode).toBe(0);
});
