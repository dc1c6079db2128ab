import {
  AccessDeniedError,
  CancelledError,
  type CommandError,
  isCommandError,
  NotLeaderError,
  TimeoutError,
  UnavailableError,
} from '@eventstore/db-client';
import { StartupError, TIMED_OUT, within, withoutNodeAdvice } from '@tallystick/runtime';

/** The event store cannot be used as it is configured. The message is a sentence for the operator. */
export class CannotOpen extends StartupError {
  override readonly name = 'CannotOpen';
  /** True if the server may only be starting and the configuration may be right. */
  readonly mayPass: boolean;

  constructor(message: string, { mayPass = false, ...options }: ErrorOptions & { mayPass?: boolean } = {}) {
    super(message, options);
    this.mayPass = mayPass;
  }
}

/** A timer of this adapter has expired; those of the client are not reliable. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut';
  constructor(readonly milliseconds: number) {
    super(`no answer within ${milliseconds} ms`);
  }
}

/** The result of `work`. Rejects with TimedOut after `milliseconds`. */
export async function withDeadline<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const answer = await within(milliseconds, work);
  if (answer === TIMED_OUT) throw new TimedOut(milliseconds);
  return answer;
}

const UNIMPLEMENTED = 12;
/** gRPC code of calls that end because the server stops (RST_STREAM). */
const INTERNAL = 13;
/** Messages of nodes that start, stop or have no leader, under various codes. */
const NOT_NOW = /Server Is (Not Ready|Too Busy|Busy)|No leader info|Failed to discover/i;

export const isNotNow = (error: unknown): boolean => error instanceof Error && NOT_NOW.test(error.message);

/** True for transient errors: the connection broke, or the cluster has no leader yet. */
export const isPassing = (error: unknown): boolean =>
  [UnavailableError, CancelledError, NotLeaderError, TimeoutError].some((kind) => error instanceof kind) ||
  (error as { code?: number }).code === INTERNAL ||
  isNotNow(error);

/** Reason for use within a sentence, without stack, codes, times and advice of gRPC. */
export function reasonOf(error: unknown): string {
  const { message, details: own } = error as Partial<Error & { details: string }>;
  if (message === undefined) return String(error);
  const details = isCommandError(error as Error) ? (error as CommandError)._raw?.details : own;
  return withoutNodeAdvice(details ?? message)
    .replace(/^\d+ [A-Z_]+: /, '')
    .replace(/^No connection established\. Last error: /, '')
    .replace(/\s*Resolution note:.*$/s, '')
    .replace(/^Error( \[\w+\])?: /, '')
    .replace(/^[\dA-F]+:error:.*?:SSL routines:/, '')
    .replace(/ \(\d{4}-\d\d-\d\dT[^)]*\)/, '')
    .replace(/[\s.:]+$/, '');
}

/** Error for a failed first call. */
export function openingFailure(place: string, user: string | undefined, error: unknown): CannotOpen {
  if (error instanceof CannotOpen) return error;
  const cause = { cause: error };
  if (error instanceof AccessDeniedError)
    return new CannotOpen(
      user === undefined
        ? `The event store at ${place} requires a user and a password: add USER:PASSWORD@ to its address.`
        : `The event store at ${place} refuses the user "${user}": the password is wrong, or the user may not read $all.`,
      cause,
    );
  if (error instanceof TimedOut)
    return new CannotOpen(
      `The event store at ${place} did not answer within ${error.milliseconds} ms: check the address, and that tls is set as on the server.`,
      { ...cause, mayPass: true },
    );
  if ((error as { code?: number }).code === UNIMPLEMENTED)
    return new CannotOpen(`The server at ${place} is not an EventStoreDB: check the address.`, cause);
  const reason = reasonOf(error);
  return new CannotOpen(unreached(place, reason), { ...cause, mayPass: !isWrong(reason) });
}

/** Errors that show another kind of server or TLS setting, which a retry does not change. */
const isWrong = (reason: string): boolean =>
  /wrong version number|certificate/i.test(reason) || /^(Failed to connect|Protocol error)$/.test(reason);

/** Explains the messages of gRPC and OpenSSL. */
function unreached(place: string, reason: string): string {
  // Node 26 and newer. The client passes the address as the name to check.
  if (/ServerName to an IP address/.test(reason))
    return `Node ${process.versions.node} cannot check the certificate of an IP address for this client: use the host name in the certificate of the event store at ${place}.`;
  if (/wrong version number/.test(reason))
    return `The server at ${place} does not use TLS: check the port, or set tls=false.`;
  if (/certificate/i.test(reason))
    return `The certificate of the event store at ${place} is not accepted (${reason}): check that tlsCaFile contains the CA that signed it, and that it names this host.`;
  if (/^(Failed to connect|Protocol error)$/.test(reason))
    return `The server at ${place} closes the connection: check that it is an EventStoreDB, and that tls is set as on the server.`;
  if (/^Failed to discover/.test(reason))
    return `The event store at ${place} does not report a leader of its cluster: check the addresses, and that more than half of its nodes run.`;
  return `The event store at ${place} cannot be reached: ${reason}.`;
}
