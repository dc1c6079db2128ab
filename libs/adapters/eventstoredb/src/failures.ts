import {
  AccessDeniedError,
  CancelledError,
  type CommandError,
  isCommandError,
  NotLeaderError,
  TimeoutError,
  UnavailableError,
} from '@eventstore/db-client';
import { withoutNodeAdvice } from '@tallystick/eventing';
import { StartupError } from '@tallystick/runtime';

/** The event store cannot be used as it is configured; the message is one sentence for whoever starts the service. */
export class CannotOpen extends StartupError {
  override readonly name = 'CannotOpen';
  /** The server is not there yet, as far as can be seen; nothing is wrong with the configuration. */
  readonly mayPass: boolean;

  constructor(message: string, { mayPass = false, ...options }: ErrorOptions & { mayPass?: boolean } = {}) {
    super(message, options);
    this.mayPass = mayPass;
  }
}

/** Our own timer, because the client has none that can be relied on. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut';
  constructor(readonly milliseconds: number) {
    super(`no answer within ${milliseconds} ms`);
  }
}

/** Rejects with TimedOut; whatever comes of `work` later is nobody's business any more. */
export function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimedOut(milliseconds)), milliseconds);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}

const UNIMPLEMENTED = 12;
/** How calls end when a server stops: RST_STREAM. */
const INTERNAL = 13;
/** What a node without a leader, or one that starts or stops, answers under various codes. */
const NOT_NOW = /Server Is (Not Ready|Too Busy|Busy)|No leader info|Failed to discover/i;

export const isNotNow = (error: unknown): boolean => error instanceof Error && NOT_NOW.test(error.message);

/** Whether the same call may well succeed in a moment: the connection broke, or the cluster has no leader yet. */
export const isPassing = (error: unknown): boolean =>
  [UnavailableError, CancelledError, NotLeaderError, TimeoutError].some((kind) => error instanceof kind) ||
  (error as { code?: number }).code === INTERNAL ||
  isNotNow(error);

/** What went wrong, for a sentence: without stack, codes, times or gRPC's advice. */
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

/** Why the first call to the server failed, in one sentence. */
export function openingFailure(place: string, user: string | undefined, error: unknown): CannotOpen {
  if (error instanceof CannotOpen) return error;
  const cause = { cause: error };
  if (error instanceof AccessDeniedError)
    return new CannotOpen(
      user === undefined
        ? `The event store at ${place} asks for a user and a password, and its address has none.`
        : `The event store at ${place} refuses the user "${user}": the password is wrong, or the user may not read $all.`,
      cause,
    );
  if (error instanceof TimedOut)
    return new CannotOpen(
      `The event store at ${place} did not answer within ${error.milliseconds} ms: is the address right, and tls as the server has it?`,
      { ...cause, mayPass: true },
    );
  if ((error as { code?: number }).code === UNIMPLEMENTED)
    return new CannotOpen(`What answers at ${place} is no EventStoreDB.`, cause);
  const reason = reasonOf(error);
  return new CannotOpen(unreached(place, reason), { ...cause, mayPass: !isWrong(reason) });
}

/** What answers there is another thing than the address says; it will not become an event store. */
const isWrong = (reason: string): boolean =>
  /wrong version number|certificate/i.test(reason) || /^(Failed to connect|Protocol error)$/.test(reason);

/** What gRPC and OpenSSL say helps only those who know them. */
function unreached(place: string, reason: string): string {
  // Node 26 and newer; the client gives the address as the name to check.
  if (/ServerName to an IP address/.test(reason))
    return `Node ${process.versions.node} checks no certificate of an IP address for this client: give the event store at ${place} by the host name in its certificate.`;
  if (/wrong version number/.test(reason))
    return `What answers at ${place} speaks no TLS: is the port right, or is tls=false meant?`;
  if (/certificate/i.test(reason))
    return `The certificate of the event store at ${place} is not accepted (${reason}): does tlsCaFile hold the CA’s that signed it, and does it name this host?`;
  if (/^(Failed to connect|Protocol error)$/.test(reason))
    return `What answers at ${place} ends the connection: is it an EventStoreDB, and tls as it has it?`;
  if (/^Failed to discover/.test(reason))
    return `The event store at ${place} does not say who leads its cluster: are the addresses right, and do more than half of its nodes run?`;
  return `The event store at ${place} cannot be reached: ${reason}.`;
}
