import { Client, type ClientConfig, types } from 'pg';
import { PostgresUnusable } from './unusable';

export interface PostgresOptions {
  /**
   * `postgres://user:password@host:port/database`; `?sslmode=verify-full&sslrootcert=FILE` and other parameters as in
   * libpq.
   */
  readonly url: string;
  /** Schema of all tables. Created if it is missing and the user may create it. */
  readonly schema?: string;
  /** Maximum size of the pool. A view store has one more connection. */
  readonly connections?: number;
  /** Timeout of a statement. */
  readonly statementMilliseconds?: number;
  /** Time without activity after which a process loses its leases. */
  readonly leaseMilliseconds?: number;
  /** How often readers check the position of the views without a notification. */
  readonly lookMilliseconds?: number;
}

export interface PostgresSettings extends Required<PostgresOptions> {
  readonly client: ClientConfig;
}

const NAME = /^[a-z_][a-z0-9_]{0,40}$/;
const CONNECT_MILLISECONDS = 10_000;
const INT8 = 20;

/** Completes and checks the options. */
export function settingsOf(options: PostgresOptions): PostgresSettings {
  const { schema = 'tallystick', connections = 10, statementMilliseconds = 30_000 } = options;
  const { leaseMilliseconds = 10_000, lookMilliseconds = 1_000 } = options;
  if (!NAME.test(schema))
    throw new PostgresUnusable(
      `"${schema}" cannot be the name of a schema: use lower-case letters, digits and underscores, at most 41.`,
    );
  const client = {
    connectionString: connectionStringOf(options.url),
    application_name: 'tallystick',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
    statement_timeout: statementMilliseconds,
    // If the server does not even report the timeout, the connection is dead.
    query_timeout: statementMilliseconds + CONNECT_MILLISECONDS,
    idle_in_transaction_session_timeout: leaseMilliseconds,
    types: {
      getTypeParser: ((oid, format) =>
        oid === INT8 ? wholeNumber : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
    },
  };
  return { url: options.url, schema, connections, statementMilliseconds, leaseMilliseconds, lookMilliseconds, client };
}

/** Address for messages and logs, without user and password. */
export const placeOf = ({ client }: PostgresSettings): string => {
  const { host, port, database } = new Client(client);
  return `${database} at ${host}:${port}`;
};

function connectionStringOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['postgres:', 'postgresql:'].includes(parsed.protocol))
    throw new PostgresUnusable(
      'The address of PostgreSQL must have the form postgres://user:password@host:port/database.',
    );
  // `sslmode` has the meaning of libpq.
  parsed.searchParams.set('uselibpqcompat', 'true');
  return parsed.toString();
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`${text} is too large for a safe integer.`);
  return value;
}
