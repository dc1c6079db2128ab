import { randomUUID } from 'node:crypto';
import {
  BACKWARDS,
  END,
  type EventData,
  type EventStoreDBClient,
  FORWARDS,
  type ReadStreamOptions,
  START,
} from '@eventstore/db-client';
import type { TestServer } from '../../../support/eventstoredb/server';
import {
  append,
  clientOf,
  closeAll,
  contentOf,
  eventOf,
  expectedRevision,
  grouped,
  outcomeOf,
  readInWords,
  readStream,
  rowsOf,
  startServer,
} from './tables';

const GROUPS = grouped(rowsOf('reads'), ([state]) => state!);

let server: TestServer;
let client: EventStoreDBClient;
beforeEach(async () => {
  server = await startServer();
  client = clientOf(server);
});
afterEach(closeAll);

/** A stream in the given state, its events, and the outcome of the call that led to it. */
interface Made {
  readonly stream: string;
  readonly events: EventData[];
  readonly made: string;
}

const METADATA: [RegExp, (value: number) => Parameters<EventStoreDBClient['setStreamMetadata']>[1]][] = [
  [/^\$maxCount (\d+)$/, (maxCount) => ({ maxCount })],
  [/^\$tb (\d+)/, (truncateBefore) => ({ truncateBefore })],
  [/^\$maxAge (\d+) s/, (maxAge) => ({ maxAge })],
];

async function make(state: string): Promise<Made> {
  const stream = randomUUID();
  const events = ['0', '1', '2', '3', '4'].map((content) => eventOf(content));
  const write = () => outcomeOf(client.appendToStream(stream, events));
  const done = (promise: Promise<unknown>) => promise.then(() => 'done');
  const bound = () => outcomeOf(client.setStreamMetadata(stream, { maxCount: 1 }));
  const made = async (): Promise<string> => {
    if (state === 'missing') return '';
    if (state === 'tombstoned before it was') return done(client.tombstoneStream(stream));
    if (state === '$maxCount only, no event') return bound();
    if (state === '$maxCount set first') return bound().then((answer) => write().then(() => answer));
    const written = await write();
    if (state === '5 events') return written;
    if (state === 'soft-deleted') return done(client.deleteStream(stream));
    if (state === 'tombstoned') return done(client.tombstoneStream(stream));
    if (state === 'metadata is junk') return outcomeOf(client.appendToStream(`$$${stream}`, eventOf('junk')));
    for (const [pattern, metadataOf] of METADATA) {
      const value = pattern.exec(state)?.[1];
      if (value !== undefined) return outcomeOf(client.setStreamMetadata(stream, metadataOf(Number(value))));
    }
    throw new Error(`The state "${state}" is unknown.`);
  };
  return { made: await made(), stream, events };
}

/** "read back from end, max 1", "read from 0, max 2, leader", "read all". */
function readOptions(call: string): ReadStreamOptions {
  const [what, ...more] = call.split(', ');
  const from = /from (\w+)/.exec(what!)?.[1];
  const max = /max (\d+)/.exec(call)?.[1];
  return {
    direction: what!.startsWith('read back') ? BACKWARDS : FORWARDS,
    fromRevision: from === undefined || from === 'start' ? START : from === 'end' ? END : BigInt(from),
    ...(max !== undefined && { maxCount: Number(max) }),
    requiresLeader: more.includes('leader'),
  };
}

const read = (stream: string, options?: ReadStreamOptions): Promise<string> =>
  readStream(client, stream, options).then(
    (events) => `[${events.map((event) => `${event.event!.revision}:${contentOf(event)}`).join(' ')}]`,
    readInWords,
  );

async function play(call: string, { stream, events, made }: Made): Promise<string> {
  if (call === 'made') return made;
  if (call.startsWith('read')) return read(stream, readOptions(call));
  const [, what, expected] = /^(append|first two again) at (\w+), batch$/.exec(call)!;
  const given = what === 'append' ? [eventOf('new')] : events.slice(0, 2);
  const options = { expectedRevision: expectedRevision(expected!) };
  const outcome = await outcomeOf(append(client, 'batch', stream, given, options));
  return `${outcome} → ${await read(stream)}`;
}

describe('Reads and appends', () => {
  it.each(GROUPS)('in the state "%s" have the outcomes of a real server', async (state, rows) => {
    const made = await Promise.all(rows.map(() => make(state)));
    const age = /^\$maxAge (\d+) s, passed$/.exec(state)?.[1];
    if (age !== undefined) server.clock.offsetMs = Number(age) * 1_000 + 1;
    const answers = await Promise.all(rows.map(([, call], i) => play(call!, made[i]!)));
    expect(rows.map(([, call], i) => [state, call, answers[i]])).toEqual(rows);
  });

  it('cover all rows of the table', () => {
    expect(GROUPS.flatMap(([, rows]) => rows)).toHaveLength(419);
  });
});
