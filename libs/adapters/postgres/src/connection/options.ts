import { Client, type ClientConfig, types } from 'pg';
import { PostgresUnusable } from './unusable';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`; `?sslmode=verify-full&sslrootcert=FILE` and the like as in libpq. */
  readonly url: string;
  /** Everything of Tallystick's is in it; made where it is missing and the user may. */
  readonly schema?: string;
  /** At most, besides the one lasting connection of a view store. */
  readonly connections?: number;
  /** A statement that takes longer is given up. */
  readonly statementMilliseconds?: number;
  /** A process that is silent for so long has lost what it alone was allowed to do. */
  readonly leaseMilliseconds?: number;
  /** How often those who read look how far the views are, where no news comes. */
  readonly lookMilliseconds?: number;
}

export interface PostgresSettings extends Required<PostgresOptions> {
  readonly client: ClientConfig;
}

const NAME = /^[a-z_][a-z0-9_]{0,40}$/;
const CONNECT_MILLISECONDS = 10_000;
const INT8 = 20;

/** Throws one sentence where an option cannot be right. */
export function settingsOf(options: PostgresOptions): PostgresSettings {
  const { schema = 'tallystick', connections = 10, statementMilliseconds = 30_000 } = options;
  const { leaseMilliseconds = 10_000, lookMilliseconds = 1_000 } = options;
  if (!NAME.test(schema))
    throw new PostgresUnusable(
      `"${schema}" cannot be the name of a schema: use small letters, digits and underscores, at most 41.`,
    );
  const client = {
    connectionString: connectionStringOf(options.url),
    application_name: 'tallystick',
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MILLISECONDS,
    statement_timeout: statementMilliseconds,
    // Where the server does not even give up: the line is dead.
    query_timeout: statementMilliseconds + CONNECT_MILLISECONDS,
    idle_in_transaction_session_timeout: leaseMilliseconds,
    types: {
      getTypeParser: ((oid, format) =>
        oid === INT8 ? wholeNumber : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
    },
  };
  return { url: options.url, schema, connections, statementMilliseconds, leaseMilliseconds, lookMilliseconds, client };
}

/** For messages and logs: without user and password. */
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
  // `sslmode` means what it means to psql.
  parsed.searchParams.set('uselibpqcompat', 'true');
  return parsed.toString();
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`${text} is too large for a whole number.`);
  return value;
}
