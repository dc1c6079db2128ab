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

/** The least `$tb` by which the server, of any version, marks a stream as deleted: 2^31-1, now 2^63-1. */
const DELETED = 2 ** 31 - 1;

/**
 * A page of a stream. Empty means its end, or that there is no such stream: what the server hides and what was deleted look
 * like either, and are distinguished here.
 */
export async function readStream(
  connection: EventStoreDbConnection,
  stream: string,
  from: number,
  limit: number,
): Promise<RecordedEvent[]> {
  if (limit <= 0) return [];
  // The event before comes along: where it is seen, nothing is hidden, and the end needs no second read.
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
  // Written in between.
  if (Number(newest.event.revision) >= from) return readStream(connection, stream, from, limit);
  return [];
}

const NEWEST = { direction: BACKWARDS, fromRevision: END, maxCount: 1 } as const;

/** Undefined where the server finds no stream: because there is none, or because it was deleted softly. */
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

/** The newest event of a stream; undefined where there is none that can be seen. */
export async function newestOf(connection: EventStoreDbConnection, stream: string): Promise<ResolvedEvent | undefined> {
  const [newest] = (await pageOf(connection, stream, NEWEST)) ?? [];
  return newest;
}

const LIMITS = ['$maxCount', '$maxAge', '$tb'];

/** What the metadata of a stream let the server drop, such as `$maxCount 3`; undefined where that is nothing. */
export async function limitsOf(connection: EventStoreDbConnection, stream: string): Promise<string | undefined> {
  const metadata = await metadataOf(connection, stream);
  const set = LIMITS.filter((name) => metadata[name] !== undefined);
  return set.length === 0 ? undefined : set.map((name) => `${name} ${String(metadata[name])}`).join(', ');
}

/** Whether its metadata say that a stream which is not found was deleted. */
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
      `The event store does not let this user read the metadata of ${stream}, which say whether it was deleted: the user needs the right $mr.`,
      { cause: error.cause },
    );
  });
  return (metadata?.event?.data ?? {}) as Readonly<Record<string, unknown>>;
}
