import {
  AccessDeniedError,
  type AppendExpectedRevision,
  DeadlineExceededError,
  type JSONEventData,
  MaxAppendSizeExceededError,
  NO_STREAM as NO_STREAM_YET,
  StreamDeletedError,
  UnknownError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import {
  AmbiguousAppend,
  AppendRefused,
  type NewEvent,
  NO_STREAM,
  RevisionGap,
  StoreUnavailable,
  StreamDeleted,
  WrongRevision,
} from '@tallystick/eventing';
import type { EventStoreDbConnection } from './connection';
import { isNotNow, reasonOf, TimedOut, within } from './failures';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The server does not let this user write: nothing was stored. */
export class WritesRefused extends StoreUnavailable {}

/** One append at an exact revision. Every outcome is one of the port's. */
export async function append(
  connection: EventStoreDbConnection,
  stream: string,
  expected: number,
  events: readonly NewEvent[],
): Promise<number> {
  const encoded = encode(stream, events, connection.settings.maxAppendBytes);
  const expectedRevision = expected === NO_STREAM ? NO_STREAM_YET : BigInt(expected);
  const last = await send(connection, stream, expectedRevision, encoded).catch((error: unknown) => {
    if (!(error instanceof WrongExpectedVersionError)) throw error;
    const { actualVersion } = error;
    const actual = typeof actualVersion === 'bigint' ? Number(actualVersion) : NO_STREAM;
    throw new WrongRevision(stream, expected, actual);
  });
  // A stream that was deleted softly takes events of a new one, and goes on where it was.
  if (last !== expected + events.length) throw new RevisionGap(stream, expected + 1, last - events.length + 1);
  return last;
}

/** Sends what is to be stored. WrongExpectedVersionError is left to the caller; all else comes in the port's words. */
export async function send(
  connection: EventStoreDbConnection,
  stream: string,
  expectedRevision: AppendExpectedRevision,
  events: JSONEventData[],
): Promise<number> {
  await connection.ready();
  const { client, settings } = connection;
  try {
    // The leader is asked for by the first append, whose call all later ones share.
    const sent = client.appendToStream(stream, events, { expectedRevision, requiresLeader: true });
    return Number((await within(settings.appendTimeoutMs, sent)).nextExpectedRevision);
  } catch (error) {
    throw outcomeOf(stream, error, client.sharesCalls);
  }
}

/**
 * Only the server's answer to this very append says that it was not stored. Where appends share a call, the error of a call
 * (it has a `code`) says nothing: the client hands it to all appends under way, those of other calls too.
 */
function outcomeOf(stream: string, error: unknown, sharesCalls: boolean): unknown {
  if (error instanceof WrongExpectedVersionError) return error;
  const cause = { cause: error };
  const { code } = error as { code?: number };
  const isOwn = code === undefined || !sharesCalls;
  if (error instanceof MaxAppendSizeExceededError)
    return new AppendRefused(
      `The server takes no append of this size to ${stream}: set its MaxAppendSize to at least the configured maxAppendBytes.`,
      cause,
    );
  if (error instanceof StreamDeletedError && isOwn) return new StreamDeleted(stream);
  if (error instanceof AccessDeniedError && isOwn)
    return new WritesRefused(`The event store does not let this user write to ${stream}.`, cause);
  if (isOwn && isNotNow(error))
    return new StoreUnavailable(`The event store takes no appends now: ${reasonOf(error)}.`, cause);
  if (error instanceof UnknownError && code === undefined)
    return new AppendRefused(`The server refuses the append to ${stream} and does not say why.`, cause);
  return new AmbiguousAppend(`Whether the append to ${stream} was stored is unknown: ${whatOf(error)}.`, cause);
}

function whatOf(error: unknown): string {
  if (error instanceof TimedOut) return error.message;
  if (error instanceof DeadlineExceededError) return 'the server gave it up';
  return `the call broke (${reasonOf(error)})`;
}

/**
 * Checked here, because the client would encode inside a promise that is not returned, and an id that is no UUID breaks its call.
 * The server counts `data` alone: this is stricter.
 */
export function encode(stream: string, events: readonly NewEvent[], maxBytes: number): JSONEventData[] {
  if (stream === '') throw new AppendRefused('A stream must have a name.');
  let bytes = 0;
  const encoded = events.map(({ id, type, data, metadata }) => {
    if (!UUID.test(id)) throw new AppendRefused(`The id of an event of ${stream} is no UUID.`);
    if (type === '') throw new AppendRefused(`An event of ${stream} has no type.`);
    bytes += 2 * type.length + sizeOf(data) + (metadata === undefined ? 0 : sizeOf(metadata));
    return { id, type, contentType: 'application/json', data, metadata } as JSONEventData;
  });
  if (bytes > maxBytes)
    throw new AppendRefused(`An append of ${bytes} bytes to ${stream} is over the ${maxBytes} allowed.`);
  return encoded;
}

function sizeOf(value: unknown): number {
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new TypeError('Only what JSON can hold can be stored.');
  return Buffer.byteLength(json);
}
