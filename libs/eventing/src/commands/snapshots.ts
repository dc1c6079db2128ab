import { createHash } from 'node:crypto';
import { HashChain } from '../chain/hash-chain';
import { hashIn } from '../chain/link';
import { RevisionGap } from '../errors';
import { type EventStore, NO_STREAM, type RecordedEvent, type Snapshot } from '../ports/event-store';
import { PAGE, pagesOf } from './stream-fold';
import type { SnapshotOptions, StreamProcessorOptions } from './options';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Saves a stream's state from time to time. A snapshot only saves time: where one is not stored, the next is due as soon again. */
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
    // What an older version has written is covered by the next append; then it is saved.
    if (!end) return;
    this.savedRevision = revision;
    const { schemaVersion } = snapshots;
    const json = snapshots.save(state);
    const snapshot = { revision, schemaVersion, state: json, hash: hashOf(json), ...(chained && end) };
    store.saveSnapshot(this.stream, snapshot).catch(() => undefined);
  }
}

/** A stream behind a snapshot: the page of events that follows it, and the chain up to it. */
export interface Resumed {
  readonly snapshot: Snapshot;
  readonly page: readonly RecordedEvent[];
  readonly chain: HashChain;
}

/**
 * Reads on from the newest snapshot, beginning with the event that it ends at. Undefined where there is none, where it is damaged
 * or of another version, and where the stream has another event there. Throws RevisionGap where the stream has none there.
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

/** Saved in a snapshot's place before an older stream begins its chain; versions before the chain leave it alone. */
export const chainStartOf = (stream: string): string => `${stream}#chain`;

/** Noted before the first append with a hash: where `revision` is the end of a stream without any. */
export const saveChainStart = (store: EventStore, stream: string, revision: number): Promise<void> =>
  store.saveSnapshot(chainStartOf(stream), { revision, schemaVersion: 0, state: '', hash: '' });

/**
 * The chain up to an event at which an older version has saved a snapshot. Where that event carries no hash, either the chain
 * has not started, or that version has written after it had: then the events since its beginning are read.
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
