import { randomUUID } from 'node:crypto';
import { binaryEvent, type EventData, type EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { append, clientOf, closeAll, eventOf, type AppendMethod, readStream, rowsOf, startServer } from './tables';

jest.setTimeout(120_000);

const MEBIBYTE = 1024 * 1024;
/** Allowance for a loaded machine: the duration of ten thousand events is not tested. */
const PATIENCE = { deadline: 100_000 };
const UNITS: Record<string, number> = { bytes: 1, kB: 1e3, MB: 1e6, '1 MiB': MEBIBYTE };
const EMPTY_ID_END = '000000000000';

const ROWS = rowsOf('sizes').map(([name, answer]) => {
  const [method, what] = name!.split(' | ');
  return { name: name!, method: method as AppendMethod, what: what!, answer: JSON.parse(answer!) as unknown };
});

interface SizedAppend {
  readonly stream: string;
  readonly events: EventData[];
}

const binary = (bytes: number, more: { type?: string; metadata?: Uint8Array } = {}): EventData =>
  binaryEvent({ type: 't', data: new Uint8Array(bytes), ...more });
const times = (count: number, event: () => EventData): EventData[] => Array.from({ length: count }, event);

/** Parses "1 MiB − 3", "2 MB", "16 MB − 100". The largest MB values of the table are MiB. */
function bytesIn(text: string): number {
  const [, amount, unit, less = '0'] = /^(\d+) (MiB|MB)(?: − (\d+))?/.exec(text)!;
  const isMebi = unit === 'MiB' || Number(amount) >= 16;
  return Number(amount) * (isMebi ? MEBIBYTE : UNITS['MB']!) - Number(less);
}

const EVENTS: [RegExp, (...groups: string[]) => EventData[]][] = [
  [/^one event of (.*)$/, (size) => [binary(bytesIn(size!))]],
  [/^(\d+) events of (\d+) bytes/, (count, bytes) => times(Number(count), () => binary(Number(bytes)))],
  [/^5 events, total 1 MiB \+ 2$/, () => [...times(4, () => binary(200_000)), binary(MEBIBYTE + 2 - 10 - 800_000)]],
  [/^5 of 1 MB: total 5 MB in two parts$/, () => times(5, () => binary(1e6))],
  [/^empty data$/, () => [binary(0)]],
  [/^JSON null$/, () => [jsonEvent({ type: 't', data: null as never })]],
  [/^metadata 500 kB$/, () => [binary(1, { metadata: new Uint8Array(500_000) })]],
  [/^metadata over 1 MiB$/, () => [binary(1, { metadata: new Uint8Array(MEBIBYTE + 1) })]],
  [/^type empty$/, () => [binary(1, { type: '' })]],
  [/^type of (\d+) letters/, (count) => [binary(1, { type: 'x'.repeat(Number(count)) })]],
  [/^type (漢字🧾)$/, (type) => [binary(1, { type: type! })]],
  [/^2 types of umlauts, counted as$/, () => [binary(MEBIBYTE - 8, { type: 'üü' })]],
  [/^\$-type by a user$/, () => [binary(1, { type: '$by-a-user' })]],
];

const NAMES: Record<string, (unique: string) => string> = {
  empty: () => '',
  '1 kB': (unique) => unique.padEnd(1_000, 'x'),
  '60 kB': (unique) => unique.padEnd(60_000, 'x'),
  '70 kB': (unique) => unique.padEnd(70_000, 'x'),
  unicode: (unique) => `漢字🧾${unique}`,
  '$-prefixed': (unique) => `$${unique}`,
  '$$-prefixed (metadata of a stream)': (unique) => `$$${unique}`,
  $$$: (unique) => `$$$${unique}`,
  spaces: (unique) => `a b ${unique}`,
  'leading space': (unique) => ` ${unique}`,
  '@': (unique) => `@${unique}`,
  '/': (unique) => `/${unique}`,
  newline: (unique) => `\n${unique}`,
  NUL: (unique) => `\0${unique}`,
  $all: () => '$all',
  $streams: () => '$streams',
};

let client: EventStoreDBClient;
/** The events of each row, for the next row, which reads them. */
const done = new Map<string, SizedAppend>();
beforeAll(async () => void (client = clientOf(await startServer())));
afterAll(closeAll);

function appendOf({ name, what }: (typeof ROWS)[number]): SizedAppend {
  const unique = randomUUID();
  for (const [pattern, events] of EVENTS) {
    const groups = pattern.exec(what);
    if (groups) return { stream: unique, events: events(...groups.slice(1)) };
  }
  const id = /^id "(.*)"$/.exec(what)?.[1];
  if (id !== undefined) return { stream: unique, events: [eventOf('1', wholeId(name, id))] };
  const named = /^stream named (.*)$/.exec(what)?.[1];
  if (named !== undefined) return { stream: NAMES[named]!(unique), events: [jsonEvent({ type: 't', data: {} })] };
  if (what === '$$ metadata that is no JSON') return { stream: `$$${unique}`, events: [eventOf('junk')] };
  throw new Error(`The row "${what}" is unknown.`);
}

/** Long ids are shortened in the table, except where one is read. */
function wholeId(name: string, id: string): string {
  if (!id.endsWith('-')) return id;
  const read = ROWS.find((row) => row.name === `${name} as read`)?.answer;
  return id + (typeof read === 'string' ? read.slice(id.length) : EMPTY_ID_END);
}

const bytesOf = (data: unknown): number => (data instanceof Uint8Array ? data.length : 0);

async function play(row: (typeof ROWS)[number]): Promise<object> {
  const { stream, events } = appendOf(row);
  done.set(row.name, { stream, events });
  const outcome = await append(client, row.method, stream, events, PATIENCE).then(
    ({ nextExpectedRevision }) => ({ ok: true, next: String(nextExpectedRevision) }),
    (error: Error & { code?: number; maxAppendSize?: number }) => ({
      error: error.constructor.name,
      ...(error.code !== undefined && { code: error.code }),
      ...(error.maxAppendSize !== undefined && { max: error.maxAppendSize }),
    }),
  );
  if (row.what.startsWith('$$ metadata')) return outcome;
  const stored = await readStream(client, stream).catch((error: Error) => error);
  const isThere = Array.isArray(stored);
  await append(client, row.method, randomUUID(), [eventOf('after')], {});
  return {
    ...outcome,
    stored: isThere ? stored.length : 0,
    bytes: isThere ? stored.reduce((sum, { event }) => sum + bytesOf(event!.data), 0) : 0,
    ...(!isThere && {
      read: `${stored.constructor.name} ${stored.message.replace(stream || '-', 'STREAM')}`,
    }),
    afterwards: 'fine',
  };
}

/** "… as read": the type, the id or whether the name is the same. */
async function readBack({ name, what }: (typeof ROWS)[number]): Promise<unknown> {
  const { stream } = done.get(name.replace(/,? as read$/, ''))!;
  const read = await readStream(client, stream).catch(() => []);
  const event = read.at(0)?.event;
  if (!event) return 'nothing';
  if (what.startsWith('type')) return event.type;
  return what.startsWith('id') ? event.id : event.streamId === stream;
}

it.each(ROWS)('$name', async (row) => {
  expect(row.what.endsWith(' as read') ? await readBack(row) : await play(row)).toEqual(row.answer);
});
