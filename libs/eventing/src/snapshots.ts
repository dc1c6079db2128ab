import { createHash } from 'node:crypto';
import { HashChain, type ChainEnd } from './chain/hash-chain';
import { hashIn } from './chain/link';
import { type EventStore, type RecordedEvent, RevisionGap, type Snapshot } from './event-store';
import { StreamStopped } from './transact';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

export const snapshotOf = (
  revision: number,
  schemaVersion: number,
  state: string,
  end?: ChainEnd,
): Snapshot => ({
  revision,
  schemaVersion,
  state,
  hash: hashOf(state),
  ...end,
});

/** A stream behind a snapshot: the page of events that follows it, and the chain up to it. */
export interface Resumed {
  readonly snapshot: Snapshot;
  readonly page: readonly RecordedEvent[];
  readonly chain: HashChain;
}

/**
 * Reads on from the newest snapshot, beginning with the event that it ends at. Undefined where there is none, where it is damaged
 * or of another version, and where the stream has another event there. Throws StreamStopped where the stream has none there.
 */
export async function resume(
  store: EventStore,
  stream: string,
  schemaVersion: number,
  pageSize: number,
): Promise<Resumed | undefined> {
  const snapshot = await store.loadSnapshot(stream);
  if (snapshot?.schemaVersion !== schemaVersion || snapshot.hash !== hashOf(snapshot.state)) return undefined;
  const { revision, eventId, head } = snapshot;
  const [last, ...page] = await store.read(stream, revision, pageSize + 1);
  if (last?.revision !== revision)
    throw new StreamStopped(stream, new RevisionGap(stream, revision, last?.revision ?? revision + 1));
  if (eventId === undefined) return { snapshot, page, chain: await chainUpTo(store, last, pageSize) };
  if (last.id !== eventId || hashIn(last.metadata) !== head) return undefined;
  return { snapshot, page, chain: HashChain.at(stream, { eventId, head }) };
}

/** Saved in a snapshot's place before an older stream begins its chain; versions before the chain leave it alone. */
export const startOf = (stream: string): string => `${stream}#chain`;

/** Noted before the first append with a hash: where `revision` is the end of a stream without any. */
export const noteStart = (store: EventStore, stream: string, revision: number): Promise<void> =>
  store.saveSnapshot(startOf(stream), { revision, schemaVersion: 0, state: '', hash: '' });

/**
 * The chain up to an event at which an older version has saved a snapshot. Where that event carries no hash, either the chain
 * has not begun, or that version has written after it had: then the events since its beginning are read.
 */
async function chainUpTo(store: EventStore, last: RecordedEvent, pageSize: number): Promise<HashChain> {
  const { stream, id: eventId, revision, metadata } = last;
  const head = hashIn(metadata);
  if (head !== undefined) return HashChain.at(stream, { eventId, head });
  const start = await store.loadSnapshot(startOf(stream));
  const beginsWithHash = async () =>
    (await store.read(stream, 0, pageSize)).some((event) => hashIn(event.metadata) !== undefined);
  if (!start && !(await beginsWithHash())) return HashChain.at(stream, { eventId });
  const chain = new HashChain(stream);
  for (let from = start ? Math.min(start.revision, revision) : 0; from <= revision;) {
    const page = await store.read(stream, from, Math.min(pageSize, revision - from + 1));
    if (page.length === 0) throw new StreamStopped(stream, new RevisionGap(stream, from, revision));
    for (const event of page) chain.take(event);
    from += page.length;
  }
  return chain;
}
