import type { ProblemBody } from '@tallystick/contracts/http';

/** The server answered with a problem. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    /** Without members where something other than Tallystick answered. */
    readonly problem: Partial<ProblemBody>,
  ) {
    super(problem.detail ?? problem.title ?? `The server answered ${status}.`);
  }

  /** Whether the request may have had an effect. Sending the same again is safe. */
  get isUnknownOutcome(): boolean {
    return this.status >= 500 && this.problem.code !== 'unavailable';
  }
}

/** The server did not answer. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';

  constructor(
    readonly where: string,
    readonly reason: string,
    /** An attempt may have reached the server. */
    readonly wasSent: boolean,
    options?: ErrorOptions,
  ) {
    super(`No answer from ${where} (${reason}).`, options);
  }
}
