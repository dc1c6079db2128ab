import { createHash } from 'node:crypto';
import { HashChain } from '../chain/hash-chain';
import { hashIn } from '../chain/link';
import { RevisionGap } from '../errors';
import { type EventStore, NO_STREAM, type RecordedEvent, type Snapshot } from '../ports/event-store';
import { PAGE, pagesOf } from './stream-fold';
import type { SnapshotOptions, StreamProcessorOptions } from './options';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Saves the state of a stream from time to time. If that fails, the next snapshot is due after as many events again. */
export class SnapshotKeeper<State> {
  savedRevision = NO_STREAM;

  constructor(
    private readonly stream: string,
    private readonly options: Pick<
      StreamProcessorOptions<State, never, never, never>,
      'store' | 'snapshots' | 'chained'
    >,
  ) {}

  /** Takes a state that is stored to its last event. */
  saveIfDue(state: State, revision: number, { end }: HashChain): void {
    const { store, snapshots, chained } = this.options;
    if (!snapshots || revision - this.savedRevision < snapshots.every(state)) return;
    // Events of an older version have no hash yet. The next append covers them, and the state is saved then.
    if (!end) return;
    this.savedRevision = revision;
    const { schemaVersion } = snapshots;
    const json = snapshots.save(state);
    const snapshot = { revision, schemaVersion, state: json, hash: hashOf(json), ...(chained && end) };
    store.saveSnapshot(this.stream, snapshot).catch(() => undefined);
  }
}

/** A snapshot, the page of events that follows it, and the chain up to it. */
export interface Resumed {
  readonly snapshot: Snapshot;
  readonly page: readonly RecordedEvent[];
  readonly chain: HashChain;
}

/**
 * Reads the newest snapshot and the stream from its last event on. Undefined if there is no snapshot, if it is damaged or of another
 * version, or if the stream has another event at its revision. Throws RevisionGap if the stream has no event there.
 */
export async function loadSnapshot(
  store: EventStore,
  stream: string,
  { schemaVersion, onDamaged }: Pick<SnapshotOptions<never>, 'schemaVersion' | 'onDamaged'>,
): Promise<Resumed | undefined> {
  const snapshot = await store.loadSnapshot(stream);
  if (snapshot?.schemaVersion !== schemaVersion) return undefined;
  if (snapshot.hash !== hashOf(snapshot.state)) return void onDamaged?.(stream, snapshot.revision);
  const { revision, eventId, head } = snapshot;
  const [last, ...page] = await store.read(stream, revision, PAGE + 1);
  if (last?.revision !== revision) throw new RevisionGap(stream, revision, last?.revision ?? revision + 1);
  if (eventId === undefined) return { snapshot, page, chain: await chainUpTo(store, last) };
  if (last.id !== eventId || hashIn(last.metadata) !== head) return undefined;
  return { snapshot, page, chain: HashChain.at(stream, { eventId, head }) };
}

/** Where the start of the chain of an older stream is recorded. Versions before the hash chain do not read it. */
export const chainStartOf = (stream: string): string => `${stream}#chain`;

/** Records, before the first append with a hash, that the events up to `revision` have none. */
export const saveChainStart = (store: EventStore, stream: string, revision: number): Promise<void> =>
  store.saveSnapshot(chainStartOf(stream), { revision, schemaVersion: 0, state: '', hash: '' });

/**
 * The chain up to an event at which an older version has saved a snapshot. If the event has no hash, either the chain has not
 * started, or the older version has written after its start: then the events since the start are read.
 */
async function chainUpTo(store: EventStore, last: RecordedEvent): Promise<HashChain> {
  const { stream, id: eventId, revision, metadata } = last;
  const head = hashIn(metadata);
  if (head !== undefined) return HashChain.at(stream, { eventId, head });
  const start = await store.loadSnapshot(chainStartOf(stream));
  const beginsWithHash = async () =>
    (await store.read(stream, 0, PAGE)).some((event) => hashIn(event.metadata) !== undefined);
  if (!start && !(await beginsWithHash())) return HashChain.at(stream, { eventId });
  const chain = new HashChain(stream);
  const from = start ? Math.min(start.revision, revision) : 0;
  for await (const page of pagesOf(store, stream, from, revision)) for (const event of page) chain.take(event);
  return chain;
}
