import { RevisionGap, StreamDeleted } from '../ports/event-store';
import { UnreadableRecord } from './stream-fold';

/** Why a stream is stopped, for programs. */
export interface QuarantineReason {
  /** `not-ours`, `foreign` and `newer` are about one record. `fault` is an error of the program, or books that do not add up. */
  readonly kind: 'not-ours' | 'foreign' | 'newer' | 'gap' | 'deleted' | 'fault';
  readonly reason: string;
  /** Of the record; of a gap, the first revision that is missing. */
  readonly revision?: number;
  readonly eventId?: string;
  readonly type?: string;
}

/** What is wrong with the stream as the store has it: reading it again would lead there again. */
export const isStreamError = (error: unknown): error is Error =>
  [UnreadableRecord, RevisionGap, StreamDeleted].some((kind) => error instanceof kind);

export function quarantineReason(cause: unknown): QuarantineReason {
  if (cause instanceof UnreadableRecord) {
    const { revision, id: eventId, type } = cause.record;
    return { kind: cause.why.kind, reason: cause.why.reason, revision, eventId, type };
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof RevisionGap) return { kind: 'gap', reason, revision: cause.expected };
  return { kind: cause instanceof StreamDeleted ? 'deleted' : 'fault', reason };
}
