import { Problem, sentenceOf, type FieldError, type ProblemMembers } from '@tallystick/contracts/http';

/** The codes of the ledger's refusals. The domain's codes are assigned to them: a new one does not compile without its row in REFUSALS. */
export type LedgerRefusalCode =
  | 'unknown_organization'
  | 'stream_taken'
  | 'invalid_job'
  | 'too_many_pages'
  | 'too_many_credits'
  | 'invalid_command'
  | 'not_found'
  | 'job_conflict'
  | 'stale_job'
  | 'grant_conflict'
  | 'too_many_jobs'
  | 'usage_limit_exceeded'
  | 'budget_cap_exceeded'
  | 'insufficient_credits';

/** Why the ledger refuses a command: `code` for programs, `message` for people. */
export interface LedgerRefusal {
  readonly code: LedgerRefusalCode;
  readonly message: string;
  readonly field?: string;
  readonly rule?: string;
  readonly problems?: readonly FieldError[];
  readonly required?: number;
  readonly available?: number;
  readonly limit?: string;
  readonly maximum?: number;
  readonly used?: number;
}

/** Stream and revision that a decision is based on. */
export interface DecisionPoint {
  readonly stream: string;
  readonly revision: number;
}

export interface RefusalContext {
  /** Where the catalog sends people to pay. */
  readonly billingUrl: string;
  readonly decision?: DecisionPoint;
}

interface RefusalRow {
  readonly status: 402 | 403 | 404 | 409 | 422 | 429;
  readonly title: string;
  /** Further members of the problem. A 422 has `errors` only. */
  readonly members?: (refusal: LedgerRefusal, billingUrl: string) => ProblemMembers;
}

const RETRY_AFTER_SECONDS = 5;

/** Each refusal as an HTTP problem. */
export const REFUSALS: Readonly<Record<LedgerRefusalCode, RefusalRow>> = {
  unknown_organization: { status: 404, title: 'There is no such organization' },
  stream_taken: { status: 409, title: 'The stream of this id is in use' },
  invalid_job: { status: 422, title: 'The job cannot be rated' },
  too_many_pages: { status: 422, title: 'The job has too many pages' },
  too_many_credits: { status: 422, title: 'The job takes too many credits' },
  invalid_command: { status: 422, title: 'The command cannot be carried out' },
  not_found: { status: 404, title: 'There is no such thing' },
  job_conflict: { status: 409, title: 'Another job has this id' },
  stale_job: { status: 409, title: 'The job is too old' },
  grant_conflict: { status: 409, title: 'Another grant has this id' },
  too_many_jobs: {
    status: 429,
    title: 'Too many jobs are open',
    members: () => ({ retryAfter: RETRY_AFTER_SECONDS }),
  },
  usage_limit_exceeded: {
    status: 403,
    title: 'A usage limit is reached',
    members: ({ limit, maximum, used }) => ({ limit, maximum, used }),
  },
  // (the members of both 402 are those that existing clients read)
  budget_cap_exceeded: {
    status: 402,
    title: 'Budget cap exceeded',
    members: ({ required, maximum, used }) => ({
      success: false,
      error: 'Budget cap exceeded',
      required,
      maximum,
      used,
    }),
  },
  insufficient_credits: {
    status: 402,
    title: 'Insufficient credits',
    members: ({ required, available }, billingUrl) => ({
      success: false,
      error: 'Insufficient credits',
      billing_url: billingUrl,
      required,
      available,
    }),
  },
};

export function problemOfRefusal(refusal: LedgerRefusal, { billingUrl, decision }: RefusalContext): Problem {
  const { code, message } = refusal;
  const { status, title, members } = rowOf(code);
  if (status === 422) {
    const errors = errorsOf(refusal);
    return new Problem(status, { code, title }, errors.length > 0 ? sentenceOf(errors) : message, { errors });
  }
  return new Problem(status, { code, title }, message, {
    ...members?.(refusal, billingUrl),
    ...(decision && { decision }),
  });
}

/** A ledger of a later version may refuse with a code that this version does not have. */
const rowOf = (code: LedgerRefusalCode): RefusalRow => (Object.hasOwn(REFUSALS, code) ? REFUSALS[code] : LATER);
const LATER: RefusalRow = { status: 422, title: 'The request is refused' };

const errorsOf = ({ problems, field, rule, message }: LedgerRefusal): readonly FieldError[] =>
  problems ?? (field === undefined ? [] : [{ field, rule: rule ?? 'valid', message }]);
