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
  /** As the answer to the job alone would have it; of those that were taken. */
  readonly httpStatus?: number;
  /** Another outcome came first, and it stands. */
  readonly contradicted?: boolean;
}

/** Neither yes nor no: nobody knows yet, and asking again is safe. */
export const isNoDecision = (result: BatchResult | undefined): boolean =>
  typeof result?.status === 'number' && result.status >= 500;

export const refusal = (
  { row, line, kind, text, organizationId, jobId }: Message,
  code: string,
  message: string,
): Outcome => ({
  kind: 'refused',
  rejected: { row, line, kind, code, message, text, organizationId, jobId },
});

const UNEXPLAINED = 'The server did not say why.';

export function asOutcome(message: Message, result: BatchResult | undefined): Outcome {
  if (result === undefined) return refusal(message, 'unanswered', 'The server did not answer for this row.');
  const { status, code, detail, error, credits = 0, repeated, contradicted } = result;
  const isRefused = code !== undefined || error !== undefined || (typeof status === 'number' && status >= 400);
  if (isRefused) return refusal(message, code ?? String(status), detail ?? error ?? UNEXPLAINED);
  if (contradicted) return refusal(message, 'outcome_conflict', detail ?? UNEXPLAINED);
  return repeated ? { kind: 'repeated' } : { kind: 'accepted', credits };
}

interface InvalidBatch {
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

/** Of a batch refused as a whole: the places of the bad ones, from fields like `[3].data.id`, with what was said. */
export function badPlaces(body: unknown): ReadonlyMap<number, string> {
  const bad = new Map<number, string>();
  for (const { field, message } of (body as InvalidBatch | undefined)?.errors ?? []) {
    const [, place, member] = /^\[(\d+)\]\.?(.*)$/.exec(field) ?? [];
    if (place === undefined) continue;
    const said = [bad.get(Number(place)), member ? `${member}: ${message}` : message];
    bad.set(Number(place), said.filter((it) => it !== undefined).join(' '));
  }
  return bad;
}
