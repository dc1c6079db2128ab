import { randomUUID } from 'node:crypto';
import { ANY, NO_STREAM, WrongExpectedVersionError } from '@eventstore/db-client';
import { type Snapshot, StreamDeleted } from '@tallystick/eventing';
import { encode, send } from './appending';
import type { EventStoreDbConnection } from './connection';
import { SNAPSHOT_PREFIX } from './reading';
import { newestOf } from './stream-reading';

const REMEMBERED = 10_000;

/** Stores each snapshot in a separate stream with `$maxCount` 1. `$maxCount` is never set on a stream of events. */
export class SnapshotStreams {
  /** Snapshot streams whose `$maxCount` is set. */
  private readonly bounded = new Set<string>();

  constructor(private readonly connection: EventStoreDbConnection) {}

  async load(stream: string): Promise<Snapshot | undefined> {
    const newest = await newestOf(this.connection, SNAPSHOT_PREFIX + stream).catch((error: unknown) => {
      // The stream of events is read instead, and shows whether it was deleted too.
      if (error instanceof StreamDeleted) return undefined;
      throw error;
    });
    return snapshotIn(newest?.event?.data);
  }

  async save(stream: string, snapshot: Snapshot): Promise<void> {
    const { revision, schemaVersion, state, hash, eventId, head } = snapshot;
    const name = SNAPSHOT_PREFIX + stream;
    await this.bound(name);
    await this.write(name, 'snapshot', { revision, schemaVersion, state, hash, eventId, head }, ANY);
  }

  /** Sets `$maxCount` once per stream. Existing metadata, for example of an operator, is kept. */
  private async bound(name: string): Promise<void> {
    if (this.bounded.has(name)) return;
    try {
      await this.write(`$$${name}`, '$metadata', { $maxCount: 1 }, NO_STREAM);
    } catch (error) {
      if (!(error instanceof WrongExpectedVersionError)) throw error;
    }
    if (this.bounded.size >= REMEMBERED) this.bounded.clear();
    this.bounded.add(name);
  }

  private async write(
    stream: string,
    type: string,
    data: unknown,
    expected: typeof ANY | typeof NO_STREAM,
  ): Promise<void> {
    const event = { id: randomUUID(), type, data, metadata: undefined };
    await send(this.connection, stream, expected, encode(stream, [event], this.connection.settings.maxAppendBytes));
  }
}

/** Undefined for foreign or damaged data: then the stream is read instead. */
function snapshotIn(data: unknown): Snapshot | undefined {
  const { revision, schemaVersion, state, hash, eventId, head } = (data ?? {}) as Partial<Snapshot>;
  if (!isCount(revision) || !isCount(schemaVersion)) return undefined;
  if (typeof state !== 'string' || typeof hash !== 'string') return undefined;
  if (!isTextOrNone(eventId) || !isTextOrNone(head)) return undefined;
  return { revision, schemaVersion, state, hash, eventId, head };
}

const isTextOrNone = (value: unknown): value is string | undefined => value === undefined || typeof value === 'string';

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
