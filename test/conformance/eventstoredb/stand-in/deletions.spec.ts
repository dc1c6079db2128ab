import { randomUUID } from 'node:crypto';
import type { EventStoreDBClient } from '@eventstore/db-client';
import type { TestServer } from '../../../support/eventstoredb/server';
import { clientOf, closeAll, eventOf, expectedRevision, outcomeOf, readStream, startServer } from '../recorded/tables';

/** The tables contain no deletions. Their outcomes follow from the rules of appends. */
let server: TestServer;
let client: EventStoreDBClient;
let stream: string;
beforeAll(async () => {
  server = await startServer();
  client = clientOf(server);
});
beforeEach(() => void (stream = randomUUID()));
afterAll(closeAll);

const events = (count: number) => Array.from({ length: count }, () => eventOf('x'));
const at = (text: string) => ({ expectedRevision: expectedRevision(text) as 'any' });
const done = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: Error & { actualVersion?: unknown }) =>
      [error.constructor.name, error.actualVersion].filter((it) => it !== undefined).join(', actual '),
  );

describe.each([
  ['A soft deletion', (text: string) => done(client.deleteStream(stream, at(text)))],
  ['A tombstone', (text: string) => done(client.tombstoneStream(stream, at(text)))],
])('%s', (name, remove) => {
  it.each([
    ['any', 'done'],
    ['2', 'done'],
    ['no_stream', 'WrongExpectedVersionError, actual 2'],
    ['1', 'WrongExpectedVersionError, actual 2'],
    ['3', 'WrongExpectedVersionError, actual 2'],
  ])('of a stream at 2, expected %s: %s', async (expected, answer) => {
    await client.appendToStream(stream, events(3));
    expect(await remove(expected)).toBe(answer);
  });

  it('of a missing stream is refused, unless it is a tombstone', async () => {
    expect(await remove('0')).toBe('WrongExpectedVersionError, actual -1');
    const isTombstone = name === 'A tombstone';
    expect(await remove('any')).toBe(isTombstone ? 'done' : 'WrongExpectedVersionError, actual -1');
  });

  it('after a tombstone is refused', async () => {
    await client.tombstoneStream(stream);
    expect(await remove('any')).toBe('StreamDeletedError');
  });
});

it('A tombstone is an event of the log, with the largest revision', async () => {
  await client.tombstoneStream(stream);
  const found: [string, bigint][] = [];
  for await (const { event } of client.readAll())
    if (event!.streamId === stream) found.push([event!.type, event!.revision]);
  expect(found).toEqual([['$streamDeleted', 2n ** 63n - 1n]]);
});

it('Metadata is deleted with its stream and not written again after a restart', async () => {
  await client.appendToStream(stream, events(1));
  await client.tombstoneStream(stream);
  await expect(client.getStreamMetadata(stream)).rejects.toMatchObject({ type: 'stream-deleted' });
  expect(await outcomeOf(client.setStreamMetadata(stream, { maxCount: 1 }))).toBe('StreamDeleted');
});

it('Metadata that is written to a soft-deleted stream restores the stream without its events', async () => {
  await client.appendToStream(stream, events(3));
  await client.deleteStream(stream);
  await client.setStreamMetadata(stream, { owner: 'someone' });
  expect(await readStream(client, stream)).toEqual([]);
  const { metadata } = await client.getStreamMetadata(stream);
  expect(metadata).toMatchObject({ owner: 'someone', truncateBefore: 3 });
});

it('For an id that is stored twice, an append at any returns the first position', async () => {
  const [first] = events(1);
  await client.appendToStream(stream, [first!, ...events(1)]);
  expect(await outcomeOf(client.appendToStream(stream, first!, at('1')))).toBe('ok, next 2');
  expect(await outcomeOf(client.appendToStream(stream, first!))).toBe('ok, next 0');
  const other = randomUUID();
  expect(await outcomeOf(client.appendToStream(other, first!))).toBe('ok, next 0');
  // The id is known from another stream, so each append stores it again.
  expect(await outcomeOf(client.appendToStream(other, first!))).toBe('ok, next 1');
});
