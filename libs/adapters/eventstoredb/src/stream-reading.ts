import {
  AccessDeniedError,
  BACKWARDS,
  END,
  type ReadStreamOptions,
  type ResolvedEvent,
  StreamDeletedError,
  StreamNotFoundError,
} from '@eventstore/db-client';
import { type RecordedEvent, RevisionGap, StoreUnavailable, StreamDeleted } from '@tallystick/eventing';
import type { EventStoreDbConnection } from './connection';
import { toRecorded } from './reading';

/** Smallest `$tb` of a deleted stream in all versions of the server: 2^31-1, in newer versions 2^63-1. */
const DELETED = 2 ** 31 - 1;

/**
 * Reads a page of a stream. An empty page is the end, or a stream that does not exist. Hidden and deleted events look
 * the same to the client, and are distinguished here.
 */
export async function readStream(
  connection: EventStoreDbConnection,
  stream: string,
  from: number,
  limit: number,
): Promise<RecordedEvent[]> {
  if (limit <= 0) return [];
  // The previous event is read as well: if it is present, no event is hidden, and the end needs no second read.
  const before = Math.max(from - 1, 0);
  const page = await pageOf(connection, stream, { fromRevision: BigInt(before), maxCount: limit + 1 });
  if (page === undefined) {
    if (await isDeleted(connection, stream)) throw new StreamDeleted(stream);
    return [];
  }
  const events = page.map(toRecorded);
  if (events.length > 0) return events.filter(({ revision }) => revision >= from).slice(0, limit);
  const newest = await newestOf(connection, stream);
  if (!newest?.event) throw new RevisionGap(stream, Math.max(from, 0), undefined);
  // Appended between the two reads.
  if (Number(newest.event.revision) >= from) return readStream(connection, stream, from, limit);
  return [];
}

const NEWEST = { direction: BACKWARDS, fromRevision: END, maxCount: 1 } as const;

/** Undefined if the server finds no stream: it does not exist, or it was soft-deleted. */
async function pageOf(
  connection: EventStoreDbConnection,
  stream: string,
  options: ReadStreamOptions,
): Promise<ResolvedEvent[] | undefined> {
  const read = () => connection.client.readStream(stream, { ...options, requiresLeader: true });
  return connection.read<ResolvedEvent>(read).catch((error: unknown) => {
    if (error instanceof StreamNotFoundError) return undefined;
    throw error instanceof StreamDeletedError ? new StreamDeleted(stream) : error;
  });
}

/** Newest visible event of a stream. */
export async function newestOf(connection: EventStoreDbConnection, stream: string): Promise<ResolvedEvent | undefined> {
  const [newest] = (await pageOf(connection, stream, NEWEST)) ?? [];
  return newest;
}

const LIMITS = ['$maxCount', '$maxAge', '$tb'];

/** Limits in the metadata that let the server drop events, such as `$maxCount 3`; undefined if there are none. */
export async function limitsOf(connection: EventStoreDbConnection, stream: string): Promise<string | undefined> {
  const metadata = await metadataOf(connection, stream);
  const set = LIMITS.filter((name) => metadata[name] !== undefined);
  return set.length === 0 ? undefined : set.map((name) => `${name} ${String(metadata[name])}`).join(', ');
}

/** True if the metadata of a missing stream show that it was deleted. */
async function isDeleted(connection: EventStoreDbConnection, stream: string): Promise<boolean> {
  const { $tb } = await metadataOf(connection, stream);
  return typeof $tb === 'number' && $tb >= DELETED;
}

async function metadataOf(
  connection: EventStoreDbConnection,
  stream: string,
): Promise<Readonly<Record<string, unknown>>> {
  const metadata = await newestOf(connection, `$$${stream}`).catch((error: unknown) => {
    if (!(error instanceof StoreUnavailable && error.cause instanceof AccessDeniedError)) throw error;
    throw new StoreUnavailable(
      `The user may not read the metadata of ${stream} in the event store, which are needed to detect a deleted stream: grant the right $mr.`,
      { cause: error.cause },
    );
  });
  return (metadata?.event?.data ?? {}) as Readonly<Record<string, unknown>>;
}
