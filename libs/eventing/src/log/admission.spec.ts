import { Unreadable } from '@tallystick/domain/kernel';
import fc from 'fast-check';
import { Admission, type Admitted } from './admission';
import { LOG_START, type RecordedEvent } from '../ports/event-store';
import { HoldRegistry } from './holds';
import { recordHash } from '../chain/link';
import { InMemoryEventStore, InMemoryRecordStore } from '@tallystick/eventing-testing';

// Four streams: `s-0` to `s-2` are ours, `s-x` belongs to another program.
type AdmittedEvent = RecordedEvent;
let readsUpTo = 1;
const decode = (recorded: RecordedEvent): AdmittedEvent | Unreadable => {
  const version = (recorded.metadata as { ours?: number }).ours;
  if (version !== undefined && version > readsUpTo) return new Unreadable('newer', 'it is newer');
  if (recorded.revision === 0 && recorded.type !== 'opened') return new Unreadable('not-ours', 'it is not ours');
  return version === undefined ? new Unreadable('foreign', 'it is foreign') : recorded;
};
const acceptanceIn = ({ type, data }: AdmittedEvent) =>
  type === 'accepted' ? (data as { revision: number; eventId: string; hash: string }) : undefined;
const rules = { decode, acceptanceIn };

/** An event of a stream, or of the reader. */
const happening = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constant('noted' as const), fc.nat(2)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('foreign' as const), fc.nat(2)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('accept' as const), fc.nat(2)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('accept any' as const), fc.nat(2)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('newer' as const), fc.nat(2)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('other' as const), fc.nat(2)) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('read' as const), fc.integer({ min: 1, max: 7 })) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('fail' as const), fc.integer({ min: 1, max: 7 })) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('restart' as const), fc.nat(2)) },
);
const histories = fc.array(happening, { maxLength: 60, size: 'max' });

const seen = (admitted: readonly Admitted<AdmittedEvent>[]) =>
  admitted.map(
    ({ recorded, event, acceptance }) =>
      `${recorded.stream}@${recorded.revision}${event ? '' : ` skipped by ${acceptance!.revision}`}`,
  );

/** The records of a whole stream that can be folded. */
const foldable = (records: readonly RecordedEvent[]): string[] => {
  const folded: string[] = [];
  for (const record of records) {
    const event = decode(record);
    const acceptance = records.find(
      ({ type, data, revision }) =>
        type === 'accepted' && revision > record.revision && (data as { eventId: string }).eventId === record.id,
    );
    const isSkipped = event instanceof Unreadable && event.kind === 'foreign' && acceptance;
    if (event instanceof Unreadable && !isSkipped) return folded;
    folded.push(`${record.stream}@${record.revision}${isSkipped ? ` skipped by ${acceptance.revision}` : ''}`);
  }
  return folded;
};

async function play(history: readonly (readonly [string, number])[]) {
  const store = new InMemoryEventStore();
  const registry = new HoldRegistry(new InMemoryRecordStore(), 'reader');
  const open = () => new Admission<AdmittedEvent>({ store, ...rules, registry });
  const stored = async (stream: string) => store.read(stream, 0, 1_000);
  let [ids, checkpoint, admission] = [0, LOG_START, open()];
  const folded: string[] = [];
  const published: string[] = [];
  const put = (stream: string, type: string, metadata: object, data: object = {}) =>
    store.append(stream, store.head(stream), [{ id: `id-${ids++}`, type, data, metadata }]);
  const accept = async (stream: string, which: (records: RecordedEvent[]) => RecordedEvent | undefined) => {
    const records = await stored(stream);
    const isAccepted = ({ id }: RecordedEvent) =>
      records.some(({ data }) => (data as { eventId?: string }).eventId === id);
    const record = which(
      records.filter((one) => one.revision > 0 && decode(one) instanceof Unreadable && !isAccepted(one)),
    );
    if (!record) return;
    const { revision, id: eventId } = record;
    await put(stream, 'accepted', { ours: 1 }, { revision, eventId, hash: recordHash(record) });
  };
  const read = async (limit: number, isStored: boolean) => {
    const { events, position } = await store.readLog(checkpoint, limit, 's-');
    const admitted = await admission.admit(checkpoint, events);
    published.push(...seen(admitted));
    if (!isStored) return;
    folded.push(...seen(admitted));
    admission.committed((checkpoint = position));
  };
  for (const [what, n] of history) {
    const stream = `s-${n}`;
    if (what === 'noted') await put(stream, store.head(stream) < 0 ? 'opened' : 'noted', { ours: 1 });
    else if (what === 'foreign' && store.head(stream) >= 0) await put(stream, 'report', {});
    else if (what === 'newer' && store.head(stream) >= 0) await put(stream, 'noted', { ours: 2 });
    else if (what === 'other') await put('s-x', n === 0 ? 'noted' : 'report', n === 0 ? { ours: 1 } : {});
    else if (what === 'accept') await accept(stream, (records) => records[0]);
    else if (what === 'accept any') await accept(stream, (records) => records.at(-1));
    else if (what === 'read') await read(n, true);
    else if (what === 'fail') await read(n, false);
    else if (what === 'restart') admission = open();
  }
  await read(1_000, true);
  return { store, stored, folded, published, admission, open, checkpoint, put, read };
}

const of = (stream: string, all: readonly string[]) => all.filter((one) => one.startsWith(`${stream}@`));
const STREAMS = ['s-0', 's-1', 's-2', 's-x'];

beforeEach(() => (readsUpTo = 1));

describe('with any events of streams and readers, in any order', () => {
  it('a reader folds of each stream what comes before its first record that is not accepted, once and in order', () =>
    fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { stored, folded } = await play(history);
        for (const stream of STREAMS) expect(of(stream, folded)).toEqual(foldable(await stored(stream)));
      }),
      { numRuns: 300 },
    ));

  it('one that begins at the start of the log folds the same', () =>
    fc.assert(
      fc.asyncProperty(histories, fc.integer({ min: 1, max: 7 }), async (history, limit) => {
        const { store, folded } = await play(history);
        const copy = new Admission<AdmittedEvent>({ store, ...rules });
        const again: string[] = [];
        for (let at = LOG_START; ;) {
          const { events, position } = await store.readLog(at, limit, 's-');
          if (position === at) break;
          again.push(...seen(await copy.admit(at, events)));
          copy.committed((at = position));
        }
        for (const stream of STREAMS) expect(of(stream, again)).toEqual(of(stream, folded));
      }),
      { numRuns: 300 },
    ));

  it('one that publishes, at least once, leaves no revision out', () =>
    fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { stored, published } = await play(history);
        for (const stream of STREAMS) {
          const first = [...new Set(of(stream, published))];
          expect(first).toEqual(foldable(await stored(stream)));
        }
      }),
      { numRuns: 300 },
    ));
});

it('a record of a later version is folded once that version runs, from the stream’s next record on', async () => {
  const { store, put, folded, open, admission, checkpoint } = await play([
    ['noted', 0],
    ['newer', 0],
    ['noted', 0],
  ]);
  expect(folded).toEqual(['s-0@0']);
  expect(await admission.mayGoOn()).toBe(false);
  readsUpTo = 2;
  const later = open();
  await later.restore(checkpoint);
  expect(later.holds).toMatchObject([{ stream: 's-0', revision: 1, kind: 'newer' }]);
  expect(await later.mayGoOn()).toBe(true);
  await put('s-1', 'opened', { ours: 1 });
  await put('s-0', 'noted', { ours: 2 });
  const { events } = await store.readLog(checkpoint, 10, 's-');
  expect(seen(await later.admit(checkpoint, events))).toEqual(['s-1@0', 's-0@1', 's-0@2', 's-0@3']);
  expect(later.holds).toEqual([]);
});

it('a stream that was deleted since stays held, and holds up no other', async () => {
  const { store, put, read, folded, stored } = await play([
    ['noted', 0],
    ['foreign', 0],
  ]);
  const [, record] = await stored('s-0');
  await put('s-0', 'accepted', { ours: 1 }, { revision: 1, eventId: record!.id, hash: recordHash(record!) });
  await put('s-1', 'opened', { ours: 1 });
  store.delete('s-0');
  await read(10, true);
  expect(folded).toEqual(['s-0@0', 's-1@0']);
});
