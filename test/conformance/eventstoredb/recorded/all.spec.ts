import {
  type AllStreamResolvedEvent,
  type AllStreamSubscription,
  BACKWARDS,
  binaryEvent,
  END,
  type EventStoreDBClient,
  FORWARDS,
  type ReadAllOptions,
  type ReadPosition,
  streamNameFilter,
} from '@eventstore/db-client';
import { clientOf, closeAll, eventOf, outcomeOf, readInWords, readStream, rowsOf, startServer } from './tables';

const ROWS = rowsOf('all');
const LARGEST = (1n << 64n) - 1n;

let client: EventStoreDBClient;
let log: AllStreamResolvedEvent[];
let appended: (bigint | undefined)[];

const link = (target: string) => binaryEvent({ type: '$>', data: Buffer.from(target) });

/** The streams of the recording: five events, one event, two links, metadata that truncates the first stream, one event. */
beforeAll(async () => {
  client = clientOf(await startServer());
  const results = [
    await client.appendToStream(
      '1',
      ['0', '1', '2', '3', '4'].map((content) => eventOf(content)),
    ),
    await client.appendToStream('2', eventOf('0')),
  ];
  await client.appendToStream('link', [link('1@1'), link('7@nowhere')]);
  await client.setStreamMetadata('1', { maxCount: 1 });
  await client.appendToStream('3', eventOf('0'));
  appended = results.map(({ position }) => position?.commit);
  log = (await readAll()).filter(({ event }) => event!.streamId !== '$$$scavenges');
});
afterAll(closeAll);

async function readAll(options: ReadAllOptions = {}): Promise<AllStreamResolvedEvent[]> {
  const events: AllStreamResolvedEvent[] = [];
  for await (const event of client.readAll(options)) events.push(event);
  return events;
}

const nameOf = ({ event, link: via }: AllStreamResolvedEvent): string =>
  (event ? `${event.streamId}@${event.revision}` : '-@-') + (via ? ' via link' : '');

const positionOf = (index: number): bigint => log.at(index)!.event!.position.commit;
const both = (position: bigint) => ({ commit: position, prepare: position });

/** The positions by their names in the table. */
function placeOf(text: string): ReadPosition {
  const [third, last] = [positionOf(2), positionOf(-1)];
  const places: Record<string, ReadPosition> = {
    'its third event': both(third),
    'a byte behind it': both(third + 1n),
    'a byte before it': both(third - 1n),
    'commit right, prepare 0': { commit: third, prepare: 0n },
    'commit right, prepare less': { commit: third, prepare: third - 1n },
    'commit right, prepare more': { commit: third, prepare: third + 1n },
    'commit a byte behind, prepare right': { commit: third + 1n, prepare: third },
    'the last event': both(last),
    'a byte behind the last': both(last + 1n),
    'far beyond the end': both(last + 1_000_000n),
    'beyond the end by 1 GB': both(last + 1_000_000_000n),
    '0/0': both(0n),
    '1/1': both(1n),
    '2^53': both(1n << 53n),
    '2^63-1': both((1n << 63n) - 1n),
    'ulong.Max': both(LARGEST),
    end: END,
  };
  if (!(text in places)) throw new Error(`The place "${text}" is unknown.`);
  return places[text]!;
}

const read = (options: ReadAllOptions): Promise<string> =>
  readAll(options).then((events) => `[${events.map(nameOf).join(' ')}]`, readInWords);

/** The events of a subscription, until it has caught up or failed. */
function follow(isFiltered: boolean, fromPosition: ReadPosition): Promise<string> {
  const filter = isFiltered ? { filter: streamNameFilter({ regex: '^[^$]' }) } : {};
  const subscription: AllStreamSubscription = client.subscribeToAll({ fromPosition, ...filter });
  const brought: string[] = [];
  return new Promise((resolve) => {
    const end = () => {
      const more = brought.length > 6 ? `… ${brought.slice(-2).join(',')}` : '';
      resolve(`${brought.slice(0, 6).join(', ')}, ${more}`);
    };
    subscription.on('confirmation', () => brought.push('confirmation'));
    subscription.on('data', (event: AllStreamResolvedEvent) => brought.push(nameOf(event)));
    subscription.on('error', (error: Error & { code?: number }) => {
      brought.push(`error ${error.constructor.name} ${error.code} ${error.message}`);
      end();
    });
    subscription.on('caughtUp', () => {
      void subscription.unsubscribe();
      brought.push('caughtUp', 'end');
      end();
    });
  });
}

const isRising = (positions: readonly bigint[]) => positions.every((at, i) => i === 0 || at > positions[i - 1]!);
const positions = () => log.map(({ event }) => event!.position);

/** Rows that are neither a read nor a subscription. */
const OTHERS: Record<string, () => Promise<string> | string> = {
  'order in $all': () => log.map(nameOf).join(', '),
  'positions rise': () => String(isRising(positions().map(({ commit }) => commit))),
  'commit = prepare': () => String(positions().every(({ commit, prepare }) => commit === prepare)),
  'resolved.commitPosition': () =>
    log
      .slice(0, 3)
      .map(({ event, commitPosition }) => (commitPosition === event!.position.commit ? 'same' : 'other'))
      .join(', '),
  'position of append = position of its last event': () =>
    [4, 5].map((at, i) => (appended[i] === positionOf(at) ? 'True' : 'False')).join(', '),
  'truncated events ($maxCount) still in $all': () => String(log.filter(({ event }) => event!.streamId === '1').length),
  'read max 0': () =>
    outcomeOf(readAll({ maxCount: 0 }) as never, 300).then((answer) => answer.replace(' in 0.3 s', '')),
  'link as read, not resolved': async () =>
    (await readStream(client, 'link'))
      .map(
        ({ event, link: via }) =>
          `['${event!.type}', ${python(event!.isJson)}, ${python(via !== undefined)}, '${Buffer.from(event!.data as Uint8Array).toString()}']`,
      )
      .join(', '),
  'links resolved': async () =>
    (await readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 6, resolveLinkTos: true }))
      .map(nameOf)
      .join(', '),
};
const python = (value: boolean): string => (value ? 'True' : 'False');

async function play(call: string): Promise<string> {
  const other = OTHERS[call];
  if (other) return other();
  const [, what, , max = '2', place] =
    /^(read forwards|read back(?:wards)?|subscribe(?: filtered)?)( (\d+))? from (.*)$/.exec(call)!;
  const fromPosition = placeOf(place!);
  if (what!.startsWith('subscribe')) return follow(what!.endsWith('filtered'), fromPosition);
  const direction = what === 'read forwards' ? FORWARDS : BACKWARDS;
  return read({ direction, fromPosition, maxCount: Number(max) });
}

it.each(ROWS)('$all: %s', async (call, answer) => {
  expect(await play(call!)).toBe(answer);
});
