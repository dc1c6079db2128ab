import type { EventLog } from '../log/event-log';
import type { WriteResult } from '../log/records';

/** The response to a caller: the result, or a time-out of the server. */
export type AppendOutcome =
  Exclude<WriteResult, { kind: 'unanswered' } | { kind: 'not indexed' }> | { readonly kind: 'timeout' };

/** Time-out for the index of a write and for the response to a dropped repetition, in milliseconds. */
export interface Timeouts {
  readonly least: number;
  readonly most: number;
}

export const SERVER_TIMEOUTS: Timeouts = { least: 2_000, most: 4_000 };

/** Responds when the server does: after indexing for a stored append, with a time-out or never for a dropped one. */
export function answerInTime(
  log: EventLog,
  { least, most }: Timeouts,
  written: WriteResult,
  answer: (answered: AppendOutcome) => void,
): void {
  if (written.kind === 'unanswered') return;
  if (written.kind === 'wrong revision' || written.kind === 'deleted') return answer(written);
  let isAnswered = false;
  const answerOnce = (answered: AppendOutcome) => {
    if (isAnswered) return;
    isAnswered = true;
    clearTimeout(timer);
    answer(answered);
  };
  const wait = least + Math.random() * (most - least);
  const timer = setTimeout(() => answerOnce({ kind: 'timeout' }), wait).unref();
  if (written.kind === 'stored') log.indexing.then(() => answerOnce(written));
}
