import type { FieldError } from './problems';

/** The body of every error (RFC 9457). Some codes have further members; a 402 also has `success`, `error` and, for credits, `billing_url`. */
export interface ProblemBody {
  /** Address of the description. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** For people: what is wrong and what to do. */
  readonly detail: string;
  /** For programs. */
  readonly code: string;
  readonly correlationId: string;
  /** Seconds after which a retry makes sense. */
  readonly retryAfter?: number;
  readonly errors?: readonly FieldError[];
  readonly [member: string]: unknown;
}

/** The result of an item of a batch that fails. `status` is a number here, and a text for items that succeed. */
export interface ProblemResult {
  readonly jobId?: string;
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** The status that the item alone would get. */
  readonly httpStatus: number;
  readonly detail: string;
  readonly code: string;
  readonly retryAfter?: number;
  readonly errors?: readonly FieldError[];
  readonly [member: string]: unknown;
}

/** Results in the order of the items. */
export interface BatchResponse<Result> {
  readonly results: readonly Result[];
}

export interface LivenessResponse {
  readonly status: 'ok';
}

/** `checks` and `stores` are for operators and for callers on the internal listener. */
export interface ReadinessResponse {
  readonly status: 'ok' | 'unavailable';
  /** Name → `ok`, `ok: ` with a note, or the fault. */
  readonly checks?: Readonly<Record<string, string>>;
  readonly stores?: Readonly<Record<string, StoreResponse>>;
}

/** A store of this process. */
export interface StoreResponse {
  readonly kind: string;
  /** Without user, password and parameters. */
  readonly at: string;
  /** For example `SQLite 3.53.0 (node:sqlite)`. */
  readonly engine?: string;
}
