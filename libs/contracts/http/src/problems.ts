import { PROBLEM_TITLES, type ProblemCode } from './problem-titles';

/** An error of one input member: its path, the rule that it breaks, and what to do. */
export interface FieldError {
  readonly field: string;
  readonly rule: string;
  readonly message: string;
}

export interface ProblemMembers {
  readonly errors?: readonly FieldError[];
  /** Seconds after which a retry makes sense. */
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
  new Problem(404, 'not_found', `${what[0]!.toUpperCase()}${what.slice(1)} not found. Check the id and the key.`);

const RETRY_AFTER_SECONDS = 2;

/** The request had no effect. The same request may succeed later. */
export const unavailable = (detail: string): Problem =>
  new Problem(503, 'unavailable', detail, { retryAfter: RETRY_AFTER_SECONDS });

/** The `detail` where the disk is full or read-only, or its quota is reached. */
export const NO_ROOM =
  'The disk of the store is full, or cannot be written. Nothing was stored by this request; send the same again when an operator has made room.';

/** The request may have had an effect. `detail` describes how to repeat it with one effect. */
export const unknownOutcome = (detail: string): Problem =>
  new Problem(503, 'unknown_outcome', detail, { retryAfter: RETRY_AFTER_SECONDS });

export const invalidInput = (errors: readonly FieldError[]): Problem =>
  new Problem(422, 'invalid_input', sentenceOf(errors), { errors });

/** All errors in one text. An error of the whole input has no field. */
export const sentenceOf = (errors: readonly FieldError[]): string =>
  errors.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join(' ');

export const tooDeep = (): Problem =>
  invalidInput([{ field: '', rule: 'depth', message: 'Give a body that is not nested that deeply.' }]);

/** A body as JSON. Throws Problem 422 for one that is nested too deeply for the stack. */
export function jsonOf(body: unknown, replacer?: (member: string, value: unknown) => unknown): string {
  try {
    return JSON.stringify(body, replacer) ?? 'null';
  } catch (error) {
    throw error instanceof RangeError ? tooDeep() : error;
  }
}

/** The stream of an organization ends before the requested revision. */
export const revisionNotReached = (wanted: number, has: number): Problem =>
  new Problem(
    409,
    'revision_not_reached',
    `The organization's stream ends at revision ${has}; revision ${wanted} does not exist yet.`,
    {
      revision: has,
    },
  );
