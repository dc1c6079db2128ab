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
/** Type of the server's record in a hard-deleted stream. */
const TOMBSTONE = '$streamDeleted';

/**
 * Reads `$all` and applies the prefix here: a filtered read would not return its position, and the server refuses
 * positions without a record. `limit` bounds the records that are read. The position of a page is always that of a
 * record.
 */
export async function readLog(
  connection: EventStoreDbConnection,
  after: number,
  limit: number,
  prefix: string,
): Promise<LogPage> {
  // The server starts with the record *at* the position, which the caller already has.
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

/** The end of the log as it was read: the last event of some streams, and the last record of any stream. */
export interface ReadEnd {
  readonly event?: RecordedEvent;
  readonly record?: { readonly position: number; readonly id: string | undefined };
}

/**
 * Reads backwards from the end in growing pages, because the client can filter only subscriptions. It stops at the last record of
 * an earlier read: the log may have few records of some streams, or none.
 */
export async function readLast(
  connection: EventStoreDbConnection,
  prefix: string,
  earlier?: ReadEnd,
): Promise<ReadEnd> {
  let record: ReadEnd['record'];
  let fromPosition: ReadPosition = END;
  for (let maxCount = SHORTEST_PAGE; ; maxCount = Math.min(maxCount * 4, LONGEST_PAGE)) {
    const options = { direction: BACKWARDS, fromPosition, maxCount, requiresLeader: true } as const;
    const page = await connection.read<AllStreamResolvedEvent>(() => connection.client.readAll(options));
    for (const resolved of page) {
      const read = { position: positionOf(resolved), id: resolved.event?.id };
      record ??= read;
      if (isOfThePort(resolved, prefix)) return { event: toRecorded(resolved), record };
      if (read.position === earlier?.record?.position && read.id === earlier.record.id) return { ...earlier, record };
    }
    if (page.length < maxCount) return { record };
    fromPosition = positionAfter(positionOf(page[page.length - 1]!));
  }
}

/** Undefined beyond the end, and where no record starts, which the server refuses. */
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

/**
 * False for system streams, snapshots and the mark of a deleted stream, which are in the server's log but not in the
 * port's.
 */
export const isOfThePort = ({ event }: ResolvedEvent, prefix: string): boolean =>
  event !== undefined &&
  event.streamId.startsWith(prefix) &&
  !event.streamId.startsWith('$') &&
  !event.streamId.startsWith(SNAPSHOT_PREFIX) &&
  event.type !== TOMBSTONE;

/**
 * Events appended over gRPC have equal commit and prepare positions; only transactions of the old TCP client had two.
 */
export const positionAfter = (after: number): ReadPosition =>
  after === LOG_START ? START : { commit: BigInt(after), prepare: BigInt(after) };

/** A position is an offset in bytes. A number is exact up to 2^53, which is 8 PiB of log. */
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
