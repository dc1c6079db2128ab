import { RevisionGap, StreamDeleted, type EventStore } from '@tallystick/eventing';
import type { Stream } from '../stream/stream';

const CONCURRENCY = 16;

/** Something that is wrong with a stream at a revision. */
export interface StreamBreach {
  readonly entityId: string;
  readonly revision: number;
  readonly what: string;
}

/**
 * Checks that the store has each stream from its first event to the last one that the log has. `ends`: the last revision of
 * each stream in the log. Gaps between are found by the audit, which reads all events.
 */
export async function checkStreamEnds(
  store: EventStore,
  stream: Stream,
  ends: ReadonlyMap<string, number>,
  found: (breach: StreamBreach) => void,
): Promise<void> {
  const left = ends.entries();
  const work = async () => {
    for (const [entityId, end] of left)
      for (const { revision, text } of await breachesOf(store, stream, entityId, end))
        found({ entityId, revision, what: text });
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

async function breachesOf(store: EventStore, stream: Stream, entityId: string, end: number) {
  const name = stream.nameOf(entityId);
  try {
    const [first] = await store.read(name, 0, 1);
    if (first?.revision !== 0) return [missing(0, first?.revision ?? end + 1)];
    const [last] = end === 0 ? [first] : await store.read(name, end, 1);
    if (last?.revision !== end) return [missing(end, last?.revision ?? end + 1)];
    const limits = await store.limitsOf(name);
    if (limits === undefined) return [];
    const text = `the metadata of ${name} let the store drop events: ${limits}. Remove that, or the ${stream.entity} stops once events are missing.`;
    return [{ revision: 0, text }];
  } catch (error) {
    if (error instanceof StreamDeleted)
      return [{ revision: 0, text: `the stream of ${entityId} was deleted on the server` }];
    if (error instanceof RevisionGap) return [{ revision: error.expected, text: error.message }];
    throw error;
  }
}

const missing = (from: number, to: number) => ({
  revision: from,
  text:
    to - from === 1
      ? `the stream lacks revision ${from}, which the log has`
      : `the stream lacks revisions ${from} to ${to - 1}, which the log has`,
});
