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
import { isNotNow, reasonOf, TimedOut, withDeadline } from './failures';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The user may not write. Nothing was stored. */
export class WritesRefused extends StoreUnavailable {}

/** Appends at an exact revision. Rejects only with errors of the port. */
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
  // A soft-deleted stream accepts events as a new stream and continues its revisions.
  if (last !== expected + events.length) throw new RevisionGap(stream, expected + 1, last - events.length + 1);
  return last;
}

/** Sends one append. Rejects with WrongExpectedVersionError, or with errors of the port. */
export async function send(
  connection: EventStoreDbConnection,
  stream: string,
  expectedRevision: AppendExpectedRevision,
  events: JSONEventData[],
): Promise<number> {
  await connection.ready();
  const { client, settings } = connection;
  try {
    // The first append requests the leader; later appends share its call.
    const sent = client.appendToStream(stream, events, { expectedRevision, requiresLeader: true });
    return Number((await withDeadline(settings.appendTimeoutMs, sent)).nextExpectedRevision);
  } catch (error) {
    throw outcomeOf(stream, error, client.sharesCalls);
  }
}

/**
 * Only the server's response to this append proves that it was not stored. If appends share a call, the error of the
 * call (it has a `code`) proves nothing: the client passes it to all pending appends, including those of other calls.
 */
function outcomeOf(stream: string, error: unknown, sharesCalls: boolean): unknown {
  if (error instanceof WrongExpectedVersionError) return error;
  const cause = { cause: error };
  const { code } = error as { code?: number };
  const isOwn = code === undefined || !sharesCalls;
  if (error instanceof MaxAppendSizeExceededError)
    return new AppendRefused(
      `The server rejects an append of this size to ${stream}: set its MaxAppendSize to at least the configured maxAppendBytes.`,
      cause,
    );
  if (error instanceof StreamDeletedError && isOwn) return new StreamDeleted(stream);
  if (error instanceof AccessDeniedError && isOwn)
    return new WritesRefused(
      `The user may not write to ${stream} in the event store: grant the right to write.`,
      cause,
    );
  if (isOwn && isNotNow(error))
    return new StoreUnavailable(`The event store does not accept appends at the moment: ${reasonOf(error)}.`, cause);
  if (error instanceof UnknownError && code === undefined)
    return new AppendRefused(`The server refuses the append to ${stream} without a reason.`, cause);
  return new AmbiguousAppend(`It is unknown whether the append to ${stream} was stored: ${whatOf(error)}.`, cause);
}

function whatOf(error: unknown): string {
  if (error instanceof TimedOut) return error.message;
  if (error instanceof DeadlineExceededError) return 'the server timed out';
  return `the call failed (${reasonOf(error)})`;
}

/**
 * Checks the events before the client does: the client encodes in a promise that it does not return, and an id that is
 * not a UUID breaks its call. The server limits only the size of `data`; this limit is stricter.
 */
export function encode(stream: string, events: readonly NewEvent[], maxBytes: number): JSONEventData[] {
  if (stream === '') throw new AppendRefused('A stream must have a name.');
  let bytes = 0;
  const encoded = events.map(({ id, type, data, metadata }) => {
    if (!UUID.test(id)) throw new AppendRefused(`The id of an event of ${stream} is not a UUID.`);
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
  if (json === undefined) throw new TypeError('An event must be representable as JSON.');
  return Buffer.byteLength(json);
}
