import type { LedgerRefusal } from './ledger-client';
import { Problem, type FieldError, type ProblemMembers } from '@tallystick/contracts/http';

export interface RefusalContext {
  /** Where the catalog sends people to pay. */
  readonly billingUrl: string;
  /** Stream and revision that the "no" was decided on. */
  readonly decision?: { readonly stream: string; readonly revision: number };
}

/** HTTP status of each "no" of the ledger. */
export const REFUSAL_STATUS: Readonly<Record<string, number>> = {
  unknown_organization: 404,
  stream_taken: 409,
  invalid_job: 422,
  too_many_pages: 422,
  too_many_credits: 422,
  invalid_command: 422,
  not_found: 404,
  job_conflict: 409,
  stale_job: 409,
  grant_conflict: 409,
  too_many_jobs: 429,
  usage_limit_exceeded: 403,
  budget_cap_exceeded: 402,
  insufficient_credits: 402,
};

const RETRY_AFTER_SECONDS = 5;

/** The ledger's "no" as an HTTP caller gets it; the two 402 bodies carry what their readers already look for. */
export function problemOfRefusal(refusal: LedgerRefusal, { billingUrl, decision }: RefusalContext): Problem {
  const { code, message } = refusal;
  const status = REFUSAL_STATUS[code] ?? 422;
  if (status === 422) {
    const errors = errorsOf(refusal);
    const detail = errors.length > 0 ? errors.map((one) => `${one.field}: ${one.message}`).join(' ') : message;
    return new Problem(status, code, detail, { errors });
  }
  return new Problem(status, code, message, {
    ...membersOf(refusal, billingUrl),
    ...(decision && { decision }),
  });
}

function membersOf(
  { code, required, available, limit, maximum, used }: LedgerRefusal,
  billingUrl: string,
): ProblemMembers {
  switch (code) {
    case 'insufficient_credits':
      return { success: false, error: 'Insufficient credits', billing_url: billingUrl, required, available };
    case 'budget_cap_exceeded':
      return { success: false, error: 'Budget cap exceeded', required, maximum, used };
    case 'usage_limit_exceeded':
      return { limit, maximum, used };
    case 'too_many_jobs':
      return { retryAfter: RETRY_AFTER_SECONDS };
    default:
      return {};
  }
}

const errorsOf = ({ problems, field, rule, message }: LedgerRefusal): readonly FieldError[] =>
  problems ?? (field === undefined ? [] : [{ field, rule: rule ?? 'valid', message }]);
