import type { EventLog } from '../log/event-log';
import type { WriteResult } from '../log/records';

/** What a caller is answered: an outcome, or that the server gave up waiting for it. */
export type AppendOutcome =
  Exclude<WriteResult, { kind: 'unanswered' } | { kind: 'not indexed' }> | { readonly kind: 'timeout' };

/** How long a write may wait for its index, or a dropped repetition for an answer, in milliseconds. */
export interface Timeouts {
  readonly least: number;
  readonly most: number;
}

export const SERVER_TIMEOUTS: Timeouts = { least: 2_000, most: 4_000 };

/** Answers when the server would: what is stored once it is indexed, what is dropped by a timeout, some never. */
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
