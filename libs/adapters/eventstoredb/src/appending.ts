import {
  AccessDeniedError,
  type AppendExpectedRevision,
  type JSONEventData,
  MaxAppendSizeExceededError,
  NO_STREAM as NO_STREAM_YET,
  StreamDeletedError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import {
  AmbiguousAppend,
  type NewEvent,
  NO_STREAM,
  StoreUnavailable,
  WrongRevision,
} from '@tallystick/eventing';
import type { Connection } from './connection';
import { AppendTooLarge, reasonOf, TimedOut, within } from './failures';

/** One append at an exact revision. Every outcome is one of the port's. */
export async function append(
  connection: Connection,
  stream: string,
  expected: number,
  events: readonly NewEvent[],
): Promise<number> {
  const encoded = encode(stream, events, connection.settings.maxAppendBytes);
  const expectedRevision = expected === NO_STREAM ? NO_STREAM_YET : BigInt(expected);
  try {
    return await send(connection, stream, expectedRevision, encoded);
  } catch (error) {
    if (error instanceof WrongExpectedVersionError) {
      const { actualVersion } = error;
      const actual = typeof actualVersion === 'bigint' ? Number(actualVersion) : NO_STREAM;
      throw new WrongRevision(stream, expected, actual);
    }
    throw error;
  }
}

/** Sends what is to be stored. WrongExpectedVersionError is left to the caller; all else comes in the port's words. */
export async function send(
  connection: Connection,
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
    throw outcomeOf(stream, error);
  }
}

/**
 * Only the server's answer to this very append says that it was not stored. The error of a call (`code`) says nothing:
 * the client hands it to all appends under way, those of other calls too.
 */
function outcomeOf(stream: string, error: unknown): unknown {
  if (error instanceof WrongExpectedVersionError) return error;
  const cause = { cause: error };
  if (error instanceof MaxAppendSizeExceededError)
    return new AppendTooLarge(
      `The server takes no append of this size to ${stream}: set its MaxAppendSize to at least the configured maxAppendBytes.`,
      cause,
    );
  if (error instanceof StreamDeletedError)
    return new StoreUnavailable(`The stream ${stream} was deleted on the server.`, cause);
  if (error instanceof AccessDeniedError && error.code === undefined)
    return new StoreUnavailable(`The server does not let this user write to ${stream}.`, cause);
  const what = error instanceof TimedOut ? error.message : `the call broke (${reasonOf(error)})`;
  return new AmbiguousAppend(`Whether the append to ${stream} was stored is unknown: ${what}.`, cause);
}

/** Checked here, because the client would encode inside a promise that nobody holds. Bytes as the server counts them. */
export function encode(stream: string, events: readonly NewEvent[], maxBytes: number): JSONEventData[] {
  let bytes = 0;
  const encoded = events.map(({ id, type, data, metadata }) => {
    bytes += 2 * type.length + sizeOf(data) + (metadata === undefined ? 0 : sizeOf(metadata));
    return { id, type, contentType: 'application/json', data, metadata } as JSONEventData;
  });
  if (bytes > maxBytes)
    throw new AppendTooLarge(`An append of ${bytes} bytes to ${stream} is over the ${maxBytes} allowed.`);
  return encoded;
}

function sizeOf(value: unknown): number {
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined) throw new TypeError('Only what JSON can hold can be stored.');
  return Buffer.byteLength(json);
}
