import { StoreUnavailable, withoutNodeAdvice } from '@tallystick/eventing';
import { DatabaseError } from 'pg';
import { placeOf, type PostgresSettings } from './options';
import { PostgresUnusable } from './unusable';

/** Classes of SQLSTATE that pass: the connection, resources, rollbacks for others' sake, locks, an operator's or a timer's stop. */
const PASSING = /^(08|25P0|40|53|55P03|57)/;

/** The code that PostgreSQL gave, also of an error that was translated. */
export const codeOf = (error: unknown): string | undefined => {
  const raw = error instanceof DatabaseError ? error : (error as Error | undefined)?.cause;
  return raw instanceof DatabaseError ? raw.code : undefined;
};

/** The server can be asked, but will not do. */
export class UnsuitableServer extends Error {
  override readonly name = 'Unfit';
}

/** Whether nothing more can be said over the connection on which this happened. */
export const isConnectionDead = (error: unknown): boolean =>
  !(error instanceof DatabaseError) || error.severity === 'FATAL' || error.severity === 'PANIC';

/** StoreUnavailable where the same again may well succeed; otherwise what the server said. */
export function translated(error: unknown): Error {
  const cause = error instanceof Error ? error : new Error(String(error));
  const passes = cause instanceof DatabaseError ? PASSING.test(cause.code ?? '') : true;
  if (passes) return new StoreUnavailable(`PostgreSQL cannot be asked now: ${messageOf(cause)}.`, { cause });
  return new Error(`PostgreSQL could not do this: ${messageOf(cause)}.`, { cause });
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
      return sentence('user or password are wrong, or the user may not connect from here.');
    case '3D000':
      return sentence('there is no such database; create it first.');
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

/** No answer, or one of a server that is starting. TLS that does not fit will not fit later. */
const isNotThereYet = (error: Error): boolean =>
  error instanceof StoreUnavailable && !/certificate|ssl|tls|altname/i.test((error.cause as Error).message);

/** Several addresses of one name fail together, and then only the parts have messages. */
function messageOf(error: Error): string {
  const parts = error instanceof AggregateError ? (error.errors as Error[]) : [error];
  return parts
    .map(({ message }) => withoutNodeAdvice(message))
    .join('; ')
    .replace(/^Error( \[\w+\])?: |\.$/g, '');
}
