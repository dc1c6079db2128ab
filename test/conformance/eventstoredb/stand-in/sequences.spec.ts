import { randomUUID } from 'node:crypto';
import { BACKWARDS, END, type EventStoreDBClient, FORWARDS, START } from '@eventstore/db-client';
import fc from 'fast-check';
import type { TestServer } from '../../../support/eventstoredb/server';
import { clientOf, closeAll, eventOf, outcomeOf, readInWords, readStream, startServer } from '../recorded/tables';

jest.setTimeout(120_000);

type StreamCall =
  | {
      readonly kind: 'append';
      readonly at: 'any' | 'no_stream' | 'stream_exists' | number;
      readonly ids: readonly number[];
    }
  | { readonly kind: 'keep'; readonly maxCount: number }
  | { readonly kind: 'cut'; readonly truncateBefore: number }
  | { readonly kind: 'delete' }
  | { readonly kind: 'tombstone' };

const expected = fc.oneof(fc.constantFrom('any', 'no_stream', 'stream_exists'), fc.integer({ min: 0, max: 8 }));
const call: fc.Arbitrary<StreamCall> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('append'),
      at: expected,
      ids: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('keep'), maxCount: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cut'), truncateBefore: fc.integer({ min: 0, max: 8 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tombstone') }) },
) as fc.Arbitrary<StreamCall>;

let server: TestServer;
let client: EventStoreDBClient;
beforeAll(async () => {
  server = await startServer();
  client = clientOf(server);
});
afterAll(closeAll);

/** The expected content of a stream, computed from acknowledged appends only. */
class StreamModel {
  readonly stream = randomUUID();
  readonly ids = Array.from({ length: 10 }, () => randomUUID());
  stored: string[] = [];
  first = 0;
  maxCount = Infinity;
  state: 'there' | 'deleted' | 'tombstoned' = 'there';

  get last(): number {
    return this.stored.length - 1;
  }

  get visible(): string[] | string {
    if (this.state === 'tombstoned') return 'StreamDeleted (code 9)';
    if (this.state === 'deleted' || this.last < 0) return 'StreamNotFound';
    const from = Math.max(this.first, this.last - this.maxCount + 1, 0);
    return this.stored.map((id, revision) => `${revision}:${id}`).slice(from);
  }
}

const storedIn = (stream: string) =>
  server.log.events.filter((event) => event.stream === stream && event.revision < 2 ** 63);

/** Known ids in descending order are not stored and get no response. */
function isUnanswered({ stored }: StreamModel, at: unknown, given: readonly string[]): boolean {
  const places = given.map((id) => stored.indexOf(id));
  return (at === 'any' || at === 'stream_exists') && !places.includes(-1) && places.at(-1)! < places[0]! - 1;
}

async function append(model: StreamModel, { at, ids }: Extract<StreamCall, { kind: 'append' }>): Promise<void> {
  const given = ids.map((label) => model.ids[label]!);
  const expectedRevision = typeof at === 'number' ? BigInt(at) : at;
  const events = given.map((id) => eventOf('x', id));
  const appending = client.appendToStream(model.stream, events, { expectedRevision });
  const outcome = await outcomeOf(appending, isUnanswered(model, at, given) ? 1_000 : undefined);
  const added = storedIn(model.stream).slice(model.stored.length);
  const { last } = model;
  if (added.length > 0) {
    // Appends are atomic, after the last event, and only at the expected revision.
    expect(added.map(({ id }) => id)).toEqual(given);
    expect(added.map(({ revision }) => revision)).toEqual(given.map((_, i) => last + 1 + i));
    expect(outcome).toBe(`ok, next ${last + given.length}`);
    if (typeof at === 'number') expect(at).toBe(last);
    if (at === 'no_stream') expect(last === -1 || model.state === 'deleted').toBe(true);
    if (typeof at === 'string' && at !== 'no_stream') expect(model.stored).not.toContain(given[0]);
    model.stored.push(...given);
  } else if (/^ok/.test(outcome) && given.length > 0) {
    // A repetition: each event is stored, and the response is the revision of the last one.
    for (const id of given) expect(model.stored).toContain(id);
    expect(model.stored[Number(/\d+/.exec(outcome)![0])]).toBe(given.at(-1));
    if (at === 'no_stream') expect(model.stored.slice(0, given.length)).toEqual(given);
    if (typeof at === 'number') expect(model.stored.slice(at + 1, at + 1 + given.length)).toEqual(given);
  }
  if (model.state === 'tombstoned') expect(outcome).toBe('StreamDeleted');
  if (outcome.startsWith('Wrong'))
    expect(outcome).toBe(`WrongExpectedVersion, actual ${last < 0 ? 'no_stream' : last}`);
  const isWritten = added.length > 0 || (given.length === 0 && /^ok/.test(outcome));
  if (model.state === 'deleted' && isWritten) Object.assign(model, { state: 'there', first: last + 1 });
}

async function change(model: StreamModel, asked: Exclude<StreamCall, { kind: 'append' }>): Promise<void> {
  const { stream } = model;
  if (asked.kind === 'keep' || asked.kind === 'cut') {
    if (model.state === 'tombstoned') return;
    await client.setStreamMetadata(
      stream,
      asked.kind === 'keep' ? { maxCount: asked.maxCount } : { truncateBefore: asked.truncateBefore },
    );
    model.maxCount = asked.kind === 'keep' ? asked.maxCount : Infinity;
    // New metadata replaces a deletion and does not restore the deleted events.
    model.first = model.state === 'deleted' ? model.last + 1 : asked.kind === 'cut' ? asked.truncateBefore : 0;
    model.state = 'there';
  } else if (asked.kind === 'delete') {
    const deleted = await client.deleteStream(stream).then(
      () => true,
      () => false,
    );
    if (model.last >= 0) expect(deleted).toBe(model.state !== 'tombstoned');
    if (deleted) Object.assign(model, { state: 'deleted', maxCount: Infinity });
  } else if (model.state !== 'tombstoned') {
    await client.tombstoneStream(stream);
    model.state = 'tombstoned';
  }
}

const read = (stream: string, isForwards: boolean) =>
  readStream(
    client,
    stream,
    isForwards ? { direction: FORWARDS, fromRevision: START } : { direction: BACKWARDS, fromRevision: END },
  ).then((events) => events.map(({ event }) => `${event!.revision}:${event!.id}`), readInWords);

async function play(calls: readonly StreamCall[]): Promise<void> {
  const model = new StreamModel();
  for (const asked of calls) {
    if (asked.kind === 'append') await append(model, asked);
    else await change(model, asked);
    const { visible } = model;
    expect(await read(model.stream, true)).toEqual(visible);
    expect(await read(model.stream, false)).toEqual(typeof visible === 'string' ? visible : [...visible].reverse());
  }
}

it('Random appends, truncations and deletions lead to streams without gaps, as acknowledged', async () => {
  await fc.assert(fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 12 }), play), { numRuns: 150 });
  const positions = server.log.events.map(({ position }) => position);
  expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
});

it.each([
  [
    'twice at any',
    [
      { kind: 'append', at: 'any', ids: [0, 1] },
      { kind: 'append', at: 'any', ids: [0, 1] },
    ],
  ],
  [
    'after a deletion',
    [
      { kind: 'append', at: 'any', ids: [0] },
      { kind: 'delete' },
      { kind: 'append', at: 'no_stream', ids: [1] },
      { kind: 'delete' },
      { kind: 'keep', maxCount: 2 },
    ],
  ],
  [
    'without events',
    [{ kind: 'append', at: 'any', ids: [0] }, { kind: 'delete' }, { kind: 'append', at: 'any', ids: [] }],
  ],
] as [string, StreamCall[]][])('An append %s', (_, calls) => play(calls));
