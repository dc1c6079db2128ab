import type { ImportMessage } from '../source/messages';
import type { RowResult } from '../progress/import-tracker';

/** Result of one message of a batch: the response to a single request, or a problem. */
export interface BatchResult {
  /** Status of the job, such as `reserved`, or the HTTP status of a problem. */
  readonly status?: string | number;
  readonly credits?: number;
  readonly repeated?: boolean;
  readonly code?: string;
  readonly detail?: string;
  readonly error?: string;
  /** Status code of a single request. Only for accepted messages. */
  readonly httpStatus?: number;
  /** The job already has another outcome, which is kept. */
  readonly contradicted?: boolean;
}

/** True if the message was not decided. Retrying it is safe. */
export const isUndecided = (result: BatchResult | undefined): boolean =>
  typeof result?.status === 'number' && result.status >= 500;

export const refusedRow = (
  { row, line, kind, text, organizationId, jobId }: ImportMessage,
  code: string,
  message: string,
): RowResult => ({
  kind: 'refused',
  rejected: { row, line, kind, code, message, text, organizationId, jobId },
});

const UNEXPLAINED = 'The server gave no reason.';

export function resultOf(message: ImportMessage, result: BatchResult | undefined): RowResult {
  if (result === undefined) return refusedRow(message, 'unanswered', 'The server returned no result for this row.');
  const { status, code, detail, error, credits = 0, repeated, contradicted } = result;
  const isRefused = code !== undefined || error !== undefined || (typeof status === 'number' && status >= 400);
  if (isRefused) return refusedRow(message, code ?? String(status), detail ?? error ?? UNEXPLAINED);
  if (contradicted) return refusedRow(message, 'outcome_conflict', detail ?? UNEXPLAINED);
  return repeated ? { kind: 'repeated' } : { kind: 'accepted', credits };
}

interface InvalidBatch {
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
}

/** Indexes of the invalid messages of a rejected batch, from fields such as `[3].data.id`, with their errors. */
export function invalidIndexes(body: unknown): ReadonlyMap<number, string> {
  const bad = new Map<number, string>();
  for (const { field, message } of (body as InvalidBatch | undefined)?.errors ?? []) {
    const [, place, member] = /^\[(\d+)\]\.?(.*)$/.exec(field) ?? [];
    if (place === undefined) continue;
    const texts = [bad.get(Number(place)), member ? `${member}: ${message}` : message];
    bad.set(Number(place), texts.filter((it) => it !== undefined).join(' '));
  }
  return bad;
}
