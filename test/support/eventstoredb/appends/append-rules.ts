import type { KnownIds } from './known-ids';
import { DELETED, type ExpectedRevision, NO_STREAM, type WriteResult } from '../log/records';
import type { IndexedStreams } from '../log/stream-index';
import { metadataStreamOf } from '../log/stream-metadata';

/** The state that the server checks before a write. It includes events that are not indexed yet. */
export interface WriterState {
  readonly index: IndexedStreams;
  readonly knownIds: KnownIds;
  lastRevision(stream: string): number;
  isSoftDeleted(stream: string): boolean;
}

export type AppendDecision =
  { readonly kind: 'write'; readonly current: number; readonly undeletes: boolean } | WriteResult;

interface AppendContext {
  readonly state: WriterState;
  readonly stream: string;
  readonly ids: readonly string[];
  readonly current: number;
}

/** The rules of EventStoreDB, no stronger: tests must not rely on more than the server guarantees. */
export function decide(
  state: WriterState,
  stream: string,
  expected: ExpectedRevision,
  ids: readonly string[],
): AppendDecision {
  const current = state.lastRevision(stream);
  if (current === DELETED) return { kind: 'deleted' };
  const asked = { state, stream, ids, current };
  if (expected === 'stream exists') {
    if (state.isSoftDeleted(stream)) return { kind: 'deleted' };
    // Metadata alone makes a stream exist.
    if (current === NO_STREAM && state.lastRevision(metadataStreamOf(stream)) === NO_STREAM) return wrong(asked);
  }
  if (typeof expected === 'string') return byKnownIds(asked);
  if (expected < current) return byRevision(asked, expected);
  // At the end of the stream ids are not compared: the same events are stored again.
  return expected === current ? write(asked) : wrong(asked);
}

/** The first id decides. If it is unknown, all events are written. If it is known, all other ids must be known. */
function byKnownIds(asked: AppendContext): AppendDecision {
  const { state, stream, ids } = asked;
  if (ids.length === 0) return write(asked);
  const places = ids.map((id) => state.knownIds.get(id));
  const unknown = places.findIndex((place) => place?.stream !== stream);
  if (unknown === 0) return write(asked);
  if (unknown > 0) return wrong(asked);
  return repetition(asked, places[0]!.revision, places[places.length - 1]!.revision);
}

/** Before the end, the events must equal the stored events at this revision. */
function byRevision(asked: AppendContext, expected: number): AppendDecision {
  const { state, stream, ids, current } = asked;
  const isThere = (id: string, revision: number) => {
    const known = state.knownIds.get(id);
    if (known?.stream === stream && known.revision === revision) return true;
    return state.index.at(stream, revision)?.id === id;
  };
  const differing = ids.findIndex((id, i) => !isThere(id, expected + 1 + i));
  if (differing === -1 && ids.length > 0) return repetition(asked, expected + 1, expected + ids.length);
  if (differing === 0 && expected === NO_STREAM && state.isSoftDeleted(stream))
    return { kind: 'write', current, undeletes: true };
  return wrong(asked);
}

function repetition({ state, stream }: AppendContext, first: number, last: number): AppendDecision {
  if (state.index.lastRevision(stream) < last) return { kind: 'not indexed' };
  if (last - first + 1 < 0) return { kind: 'unanswered' };
  return { kind: 'stored', revision: last, position: state.index.visibleAt(stream, last)?.position };
}

const write = ({ state, stream, current }: AppendContext): AppendDecision => ({
  kind: 'write',
  current,
  undeletes: state.isSoftDeleted(stream),
});
const wrong = ({ current }: AppendContext): AppendDecision => ({ kind: 'wrong revision', current });
