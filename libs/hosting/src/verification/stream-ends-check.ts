import { organizationOf, streamOf } from '@tallystick/domain/ledger';
import { RevisionGap, StreamDeleted, type EventStore } from '@tallystick/eventing';

/** Streams looked at side by side. */
const AT_ONCE = 16;

export interface StreamFault {
  readonly organizationId: string;
  readonly revision: number;
  readonly what: string;
}

/**
 * Whether the store still shows each stream from its first event to the last one that the log has. `ends` is the revision of that
 * one by organization. What lies between is for the folds to notice, which read all of it.
 */
export async function checkStreamEnds(
  store: EventStore,
  ends: ReadonlyMap<string, number>,
  found: (fault: StreamFault) => void,
): Promise<void> {
  const left = ends.entries();
  const look = async () => {
    for (const [organizationId, end] of left)
      for (const what of await faultsOf(store, streamOf(organizationId), end))
        found({ organizationId, revision: what.revision, what: what.text });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, look));
}

async function faultsOf(store: EventStore, stream: string, end: number) {
  try {
    const [first] = await store.read(stream, 0, 1);
    if (first?.revision !== 0) return [missing(0, first?.revision ?? end + 1)];
    const [last] = end === 0 ? [first] : await store.read(stream, end, 1);
    if (last?.revision !== end) return [missing(end, last?.revision ?? end + 1)];
    const limits = await store.limitsOf(stream);
    return limits === undefined
      ? []
      : [
          {
            revision: 0,
            text: `the metadata of ${stream} let the store drop events: ${limits}. Remove that, or the organization stops once events are missing.`,
          },
        ];
  } catch (error) {
    if (error instanceof StreamDeleted)
      return [{ revision: 0, text: `the stream of ${organizationOf(stream)} was deleted on the server` }];
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
