import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AppendExpectedRevision,
  type AppendToStreamOptions,
  binaryEvent,
  type EventData,
  EventStoreDBClient,
  FORWARDS,
  type ReadStreamOptions,
  type ResolvedEvent,
} from '@eventstore/db-client';
import { TestServer, type TestServerOptions } from '../../../support/eventstoredb/server';

export type AppendMethod = 'batch' | 'classic';
export const METHODS: readonly AppendMethod[] = ['batch', 'classic'];

/** The rows of a table, without its heading. */
export const rowsOf = (table: string): string[][] =>
  readFileSync(join(__dirname, `${table}.tsv`), 'utf8')
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));

export const grouped = <Row>(rows: readonly Row[], keyOf: (row: Row) => string): [string, Row[]][] => {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return [...groups];
};

const servers: TestServer[] = [];
const clients: EventStoreDBClient[] = [];

export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await TestServer.start(options);
  servers.push(server);
  return server;
}

/** A deadline that a loaded machine meets. The default of the client is ten seconds. */
const PATIENT = '&defaultDeadline=100000';

export function clientOf(server: TestServer, more = PATIENT): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(server.address + more);
  clients.push(client);
  return client;
}

export async function closeAll(): Promise<void> {
  await Promise.all(clients.splice(0).map((client) => client.dispose()));
  await Promise.all(servers.splice(0).map((server) => server.stop()));
}

/** An event with a short text as data. */
export const eventOf = (content: string, id: string = randomUUID()): EventData =>
  binaryEvent({ id, type: 't', data: Buffer.from(content) });

export const contentOf = ({ event }: ResolvedEvent): string => Buffer.from(event!.data as Uint8Array).toString();

/** Parses "no_stream", "any", "stream_exists" or a revision, and ignores further words. */
export function expectedRevision(text: string): AppendExpectedRevision {
  const revision = /\d+/.exec(text)?.[0];
  return revision === undefined ? (text as 'any') : BigInt(revision);
}

/** The client uses the older call if it gets credentials. */
const CREDENTIALS = { credentials: { username: 'admin', password: 'changeit' } };

export const append = (
  client: EventStoreDBClient,
  method: AppendMethod,
  stream: string,
  events: EventData[],
  options: AppendToStreamOptions,
) => client.appendToStream(stream, events, { ...options, ...(method === 'classic' && CREDENTIALS) });

/** The outcome of an append in the notation of the tables. */
export async function outcomeOf(
  appending: Promise<{ readonly nextExpectedRevision: bigint }>,
  patience = 25_000,
): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer in ${patience / 1_000} s`), patience);
  });
  const outcome = appending.then(({ nextExpectedRevision }) => `ok, next ${nextExpectedRevision}`, inWords);
  return Promise.race([outcome, silence]).finally(() => clearTimeout(timer));
}

interface EventStoreClientError extends Error {
  readonly code?: number;
  readonly actualVersion?: bigint | string;
}

function inWords(error: EventStoreClientError): string {
  const { name, code, message } = { ...error, name: error.constructor.name, message: error.message };
  if (name === 'WrongExpectedVersionError') return `WrongExpectedVersion, actual ${error.actualVersion}`;
  if (name === 'StreamDeletedError') return 'StreamDeleted';
  if (name === 'StreamNotFoundError') return 'StreamNotFound';
  return `Unknown (code ${code}): ${message.replace(/^\d+ \w+: /, '')}`;
}

/** Like `outcome`, but the error of a read of a deleted stream has the code of its call. */
export const readInWords = (error: EventStoreClientError): string =>
  error.constructor.name === 'StreamDeletedError' ? `StreamDeleted (code ${error.code})` : inWords(error);

export async function readStream(
  client: EventStoreDBClient,
  stream: string,
  options: ReadStreamOptions = { direction: FORWARDS },
): Promise<ResolvedEvent[]> {
  const events: ResolvedEvent[] = [];
  for await (const event of client.readStream(stream, options)) events.push(event);
  return events;
}
