import { Inject, Injectable, Logger } from '@nestjs/common';
import { RecordStore, type QuarantineReason, type StreamQuarantined } from '@tallystick/eventing';
import { SystemClock } from '@tallystick/runtime';
import { RecordCollection } from '../records/record-collections';
import { STREAM, Stream } from '../stream/stream';

interface QuarantineRecord {
  readonly why: string;
  /** The same for programs; older versions stored the sentence alone. */
  readonly stopped?: QuarantineReason;
  readonly since: string;
}

/** A stream whose commands are refused, in every process, until it is released. */
export interface QuarantinedStream extends QuarantineRecord {
  readonly entityId: string;
}

/** The quarantined streams of a category. Messages for them are parked among the dead letters. */
@Injectable()
export class Quarantine {
  private readonly log = new Logger(Quarantine.name);
  private readonly records: RecordCollection<QuarantineRecord>;
  /** Known to this process alone, because the store could not be written. */
  private readonly unwritten = new Map<string, QuarantineRecord>();

  constructor(
    @Inject(STREAM) private readonly stream: Stream,
    records: RecordStore,
    private readonly clock: SystemClock,
  ) {
    this.records = new RecordCollection(records, stream.collections['quarantined-streams'], clock);
  }

  /** Resolves when all processes know; an earlier record stays. */
  async add(entityId: string, { message: why, reason: stopped }: StreamQuarantined): Promise<void> {
    if (!this.unwritten.has(entityId)) this.unwritten.set(entityId, { why, stopped, since: this.clock.timestamp() });
    await this.write(entityId);
  }

  /** The same without waiting. If it cannot be written, it is written when it is next read. */
  addInBackground(entityId: string, error: StreamQuarantined): void {
    this.add(entityId, error).catch((failure: unknown) =>
      this.log.warn(failure, `That ${entityId} is stopped could not be stored: other processes do not know.`),
    );
  }

  /** The given streams that are quarantined. */
  async filter(entityIds: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set((await this.of(entityIds)).keys());
  }

  /** The records of the given streams that are quarantined. */
  async of(entityIds: readonly string[]): Promise<ReadonlyMap<string, QuarantineRecord>> {
    for (const id of entityIds) if (this.unwritten.has(id)) await this.write(id);
    const found = await this.records.get(entityIds);
    return new Map(entityIds.flatMap((id, at) => (found[at] === undefined ? [] : [[id, found[at]]])));
  }

  async remove(entityId: string): Promise<void> {
    this.unwritten.delete(entityId);
    await this.records.remove([entityId]);
  }

  /** In the order of their ids, behind `after`; those that only this process knows are among them. */
  async list(after: string, limit: number): Promise<readonly QuarantinedStream[]> {
    const all = new Map([...this.unwritten].filter(([id]) => id > after));
    for (const { key, value } of await this.records.list({ after, limit })) all.set(key, value);
    return [...all]
      .map(([entityId, record]) => ({ entityId, ...record }))
      .sort((a, b) => (a.entityId < b.entityId ? -1 : 1))
      .slice(0, limit);
  }

  private async write(entityId: string): Promise<void> {
    const record = this.unwritten.get(entityId);
    if (record === undefined) return;
    await this.records.putNew(entityId, record);
    this.unwritten.delete(entityId);
  }
}
