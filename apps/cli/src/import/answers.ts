import type { Message } from './messages';
import type { Outcome } from './row-book';

/** One result of a batch: as the answer to the job alone would be, or a problem. */
export interface BatchResult {
  /** `reserved`, or a problem's HTTP status. */
  readonly status?: string | number;
  readonly credits?: number;
  readonly repeated?: boolean;
  readonly code?: string;
  readonly detail?: string;
  readonly error?: string;
}

/** Neither yes nor no: nobody knows yet, and asking again is safe. */
export const isNoDecision = (result: BatchResult | undefined): boolean =>
  typeof result?.status === 'number' && result.status >= 500;

export const refusal = ({ row, line, text }: Message, code: string, message: string): Outcome => ({
  kind: 'refused',
  rejected: { row, line, code, message, text },
});

export function asOutcome(message: Message, result: BatchResult | undefined): Outcome {
  if (result === undefined) return refusal(message, 'unanswered', 'The server did not answer for this row.');
  const { status, code, detail, error, credits = 0, repeated } = result;
  const isRefused =
    code !== undefined || error !== undefined || (typeof status === 'number' && status >= 400);
  if (isRefused)
    return refusal(message, code ?? String(status), detail ?? error ?? 'The server did not say why.');
  return repeated ? { kind: 'repeated' } : { kind: 'accepted', credits };
}
