import {
  type AllStreamResolvedEvent,
  BACKWARDS,
  END,
  type ReadPosition,
  type ResolvedEvent,
  START,
} from '@eventstore/db-client';
import { LOG_START, type LogPage, type RecordedEvent } from '@tallystick/eventing';
import type { EventStoreDbConnection } from './connection';

export const SNAPSHOT_PREFIX = 'snapshot-';
const SHORTEST_PAGE = 32;
const LONGEST_PAGE = 4_096;
/** The type of the server's own record in a stream that was deleted for good. */
const TOMBSTONE = '$streamDeleted';

/**
 * All of `$all` is read and the prefix applied here: a filtered read would not say how far it has looked, and made-up
 * positions are refused by the server. So `limit` bounds what is looked at, and the page's position is always that of a record.
 */
export async function readLog(
  connection: EventStoreDbConnection,
  after: number,
  limit: number,
  prefix: string,
): Promise<LogPage> {
  // The server starts with the record *at* the position, which the caller has already had.
  const options = { fromPosition: positionAfter(after), maxCount: limit + 1, requiresLeader: true };
  const read = await connection.read<AllStreamResolvedEvent>(() => connection.client.readAll(options));
  const events: RecordedEvent[] = [];
  let position = after;
  for (const resolved of read) {
    const at = positionOf(resolved);
    if (at <= after) continue;
    if (events.length === limit) break;
    position = at;
    if (isOfThePort(resolved, prefix)) events.push(toRecorded(resolved));
  }
  return { events, position };
}

/** From the end backwards, in pages that grow: the client can filter subscriptions only, and most records are ours. */
export async function readLast(connection: EventStoreDbConnection, prefix: string): Promise<RecordedEvent | undefined> {
  let fromPosition: ReadPosition = END;
  for (let maxCount = SHORTEST_PAGE; ; maxCount = Math.min(maxCount * 4, LONGEST_PAGE)) {
    const options = { direction: BACKWARDS, fromPosition, maxCount, requiresLeader: true } as const;
    const page = await connection.read<AllStreamResolvedEvent>(() => connection.client.readAll(options));
    const found = page.find((resolved) => isOfThePort(resolved, prefix));
    if (found) return toRecorded(found);
    if (page.length < maxCount) return undefined;
    fromPosition = positionAfter(positionOf(page[page.length - 1]!));
  }
}

/** A position at which no record starts is refused by the server, and one beyond the end has nothing. */
export async function readAt(connection: EventStoreDbConnection, position: number): Promise<RecordedEvent | undefined> {
  const options = { fromPosition: positionAfter(position), maxCount: 1, requiresLeader: true };
  const [found] = await connection
    .read<AllStreamResolvedEvent>(() => connection.client.readAll(options))
    .catch((error: unknown) => {
      if (isInvalidPosition(error)) return [];
      throw error;
    });
  return found && positionOf(found) === position ? toRecorded(found) : undefined;
}

const isInvalidPosition = (error: unknown): boolean =>
  error instanceof Error && /InvalidPosition|No record starts/.test(error.message);

/** The server's own streams and our snapshots are in its log, and no part of the port's; nor is the mark of a deleted stream. */
export const isOfThePort = ({ event }: ResolvedEvent, prefix: string): boolean =>
  event !== undefined &&
  event.streamId.startsWith(prefix) &&
  !event.streamId.startsWith('$') &&
  !event.streamId.startsWith(SNAPSHOT_PREFIX) &&
  event.type !== TOMBSTONE;

/** Appends over gRPC have one position, written twice; only explicit transactions of the old TCP client had two. */
export const positionAfter = (after: number): ReadPosition =>
  after === LOG_START ? START : { commit: BigInt(after), prepare: BigInt(after) };

/** A position is an offset in bytes: a number holds it up to 2^53, which is 8 PiB of log. */
export function positionOf({ event, commitPosition }: ResolvedEvent): number {
  const position = Number(event?.position?.commit ?? commitPosition);
  if (!Number.isSafeInteger(position)) throw new RangeError('The log is longer than 2^53 bytes.');
  return position;
}

export function toRecorded(resolved: ResolvedEvent): RecordedEvent {
  const { id, type, data, metadata, streamId, revision } = resolved.event!;
  return {
    id,
    type,
    data,
    metadata,
    stream: streamId,
    revision: Number(revision),
    position: positionOf(resolved),
  };
}
