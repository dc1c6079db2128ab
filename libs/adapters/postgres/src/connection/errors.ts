import { StoreUnavailable } from '@tallystick/eventing';
import { withoutNodeAdvice } from '@tallystick/runtime';
import { DatabaseError } from 'pg';
import { placeOf, type PostgresSettings } from './options';
import { PostgresUnusable } from './unusable';

/** Classes of transient SQLSTATE codes: connection, resources, conflicts, locks, stop by an operator or a time-out. */
const PASSING = /^(08|25P0|40|53|55P03|57)/;

/** SQLSTATE code of an error or of its cause. */
export const codeOf = (error: unknown): string | undefined => {
  const raw = error instanceof DatabaseError ? error : (error as Error | undefined)?.cause;
  return raw instanceof DatabaseError ? raw.code : undefined;
};

/** The server is reachable but cannot be used. */
export class UnsuitableServer extends Error {
  override readonly name = 'Unfit';
}

/** True if the connection of this error cannot be used any more. */
export const isConnectionDead = (error: unknown): boolean =>
  !(error instanceof DatabaseError) || error.severity === 'FATAL' || error.severity === 'PANIC';

/** StoreUnavailable for transient errors; otherwise an error with the server's message. */
export function translated(error: unknown): Error {
  const cause = error instanceof Error ? error : new Error(String(error));
  const passes = cause instanceof DatabaseError ? PASSING.test(cause.code ?? '') : true;
  if (passes) return new StoreUnavailable(`PostgreSQL is not available: ${messageOf(cause)}.`, { cause });
  return new Error(`PostgreSQL rejected a statement: ${messageOf(cause)}.`, { cause });
}

export function cannotOpen(settings: PostgresSettings, error: unknown): PostgresUnusable {
  const place = placeOf(settings);
  const cause = error instanceof Error ? error : new Error(String(error));
  const mayPass = isNotThereYet(cause);
  const sentence = (text: string) => new PostgresUnusable(`PostgreSQL, ${place}: ${text}`, { cause, mayPass });
  const raw = cause instanceof StoreUnavailable ? cause.cause : cause;
  if (cause instanceof UnsuitableServer) return sentence(cause.message);
  switch (codeOf(cause)) {
    case '28P01':
    case '28000':
      return sentence('user or password are wrong, or the user may not connect from this host.');
    case '3D000':
      return sentence('the database does not exist; create it first.');
    case '42501':
      return sentence(
        `the user may not use or create the schema "${settings.schema}"; grant CREATE on the database, or create the schema for the user.`,
      );
    case undefined:
      return sentence(`cannot connect (${messageOf(raw as Error)}).`);
    default:
      return sentence(`${messageOf(raw as Error)}.`);
  }
}

/** No response, or that of a server that is starting. TLS errors are permanent. */
const isNotThereYet = (error: Error): boolean =>
  error instanceof StoreUnavailable && !/certificate|ssl|tls|altname/i.test((error.cause as Error).message);

/** If all addresses of a host name fail, only the inner errors have messages. */
function messageOf(error: Error): string {
  const parts = error instanceof AggregateError ? (error.errors as Error[]) : [error];
  return parts
    .map(({ message }) => withoutNodeAdvice(message))
    .join('; ')
    .replace(/^Error( \[\w+\])?: |\.$/g, '');
}
