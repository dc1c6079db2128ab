import { PROBLEM_TITLES, type ProblemCode } from './problem-titles';

/** One thing wrong with an input: where it is, the rule it breaks, and what to do, in plain English. */
export interface FieldError {
  readonly field: string;
  readonly rule: string;
  readonly message: string;
}

export interface ProblemMembers {
  readonly errors?: readonly FieldError[];
  /** Seconds after which trying again makes sense. */
  readonly retryAfter?: number;
  readonly [member: string]: unknown;
}

/** A code that a service owns, with its title. */
export interface TitledCode {
  readonly code: string;
  readonly title: string;
}

/** An error for an HTTP caller (RFC 9457). Controllers throw it; the platform writes it. `code` is for programs, `detail` for people. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: string;
  readonly title: string;

  constructor(
    readonly status: number,
    code: ProblemCode | TitledCode,
    readonly detail: string,
    readonly members: ProblemMembers = {},
  ) {
    super(detail);
    this.code = typeof code === 'string' ? code : code.code;
    this.title = typeof code === 'string' ? PROBLEM_TITLES[code] : code.title;
  }
}

export const notFound = (what: string): Problem =>
  new Problem(404, 'not_found', `There is no such ${what}. Check the id and the key you call with.`);

const RETRY_AFTER_SECONDS = 2;

/** Nothing was moved or stored by the request; the same again later may succeed. */
export const unavailable = (detail: string): Problem =>
  new Problem(503, 'unavailable', detail, { retryAfter: RETRY_AFTER_SECONDS });

/** The `detail` where a disk is full, its quota is, or it is read-only. */
export const NO_ROOM =
  'The disk of the store is full, or cannot be written. Nothing was stored by this request; send the same again when an operator has made room.';

/** What the request was to move or store may be there, or not. `detail` says what to send again, and that it has one effect. */
export const unknownOutcome = (detail: string): Problem =>
  new Problem(503, 'unknown_outcome', detail, { retryAfter: RETRY_AFTER_SECONDS });

export const invalidInput = (errors: readonly FieldError[]): Problem =>
  new Problem(422, 'invalid_input', sentenceOf(errors), { errors });

/** What is wrong, in one text. What is wrong with the whole has no field. */
export const sentenceOf = (errors: readonly FieldError[]): string =>
  errors.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join(' ');

export const tooDeep = (): Problem =>
  invalidInput([{ field: '', rule: 'depth', message: 'Give a body that is not nested that deeply.' }]);

/** A caller's body as text again, each value as `replacer` gives it. The stack ends before a hostile body does, which then is refused. */
export function jsonOf(body: unknown, replacer?: (member: string, value: unknown) => unknown): string {
  try {
    return JSON.stringify(body, replacer) ?? 'null';
  } catch (error) {
    throw error instanceof RangeError ? tooDeep() : error;
  }
}

/** The stream of an organization ends before a revision that was asked for. */
export const revisionNotReached = (wanted: number, has: number): Problem =>
  new Problem(
    409,
    'revision_not_reached',
    `The organization's stream ends at revision ${has}; revision ${wanted} is not there yet.`,
    {
      revision: has,
    },
  );
