import { Injectable, Logger } from '@nestjs/common';
import type { StopReason } from '@tallystick/contracts/ledger';
import { RecordStore, type StreamQuarantined } from '@tallystick/eventing';

const COLLECTION = 'parked-organizations';

/** A fault has stopped this organization: its messages on the bus wait among the dead letters, in every process, until it is released. */
export interface QuarantinedStream {
  readonly organizationId: string;
  readonly why: string;
  /** The same for programs; versions before it kept the sentence alone. */
  readonly stopped?: StopReason;
  readonly since: string;
}
type QuarantineReason = Omit<QuarantinedStream, 'organizationId'>;

@Injectable()
export class Quarantine {
  private readonly log = new Logger(Quarantine.name);
  /** Known to this process alone, until the store takes them. */
  private readonly unwritten = new Map<string, QuarantineReason>();

  constructor(private readonly records: RecordStore) {}

  /** Resolves when all processes know; what was known before stands. */
  async note(organizationId: string, { message: why, reason: stopped }: StreamQuarantined): Promise<void> {
    if (!this.unwritten.has(organizationId))
      this.unwritten.set(organizationId, { why, stopped, since: new Date().toISOString() });
    await this.write(organizationId);
  }

  /** Where nobody can wait: what could not be written is written when it is next asked for. */
  noteSoon(organizationId: string, fault: StreamQuarantined): void {
    this.note(organizationId, fault).catch((error: unknown) =>
      this.log.warn(error, `That ${organizationId} is stopped could not be kept: other processes do not know.`),
    );
  }

  async has(organizationId: string): Promise<boolean> {
    return (await this.among([organizationId])).has(organizationId);
  }

  /** Those of these organizations whose messages have to wait. */
  async among(organizationIds: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set((await this.of(organizationIds)).keys());
  }

  /** What is known of those of these organizations that are stopped. */
  async of(organizationIds: readonly string[]): Promise<ReadonlyMap<string, QuarantineReason>> {
    if (organizationIds.length === 0) return new Map();
    for (const id of organizationIds) if (this.unwritten.has(id)) await this.write(id);
    const found = await this.records.get(COLLECTION, organizationIds, Date.now());
    return new Map(
      organizationIds.flatMap((id, at) => (found[at] === undefined ? [] : [[id, found[at] as QuarantineReason]])),
    );
  }

  async remove(organizationId: string): Promise<void> {
    this.unwritten.delete(organizationId);
    await this.records.remove(COLLECTION, [organizationId]);
  }

  /** In the order of their ids, from `after` on; what only this process knows is among them. */
  async page(after: string, limit: number): Promise<readonly QuarantinedStream[]> {
    const now = Date.now();
    const records = await this.records.list(COLLECTION, { prefix: '', after, limit, now });
    const all = new Map([...this.unwritten].filter(([id]) => id > after));
    for (const { key, value } of records) all.set(key, value as QuarantineReason);
    return [...all]
      .map(([organizationId, note]) => ({ organizationId, ...note }))
      .sort((a, b) => (a.organizationId < b.organizationId ? -1 : 1))
      .slice(0, limit);
  }

  private async write(organizationId: string): Promise<void> {
    const value = this.unwritten.get(organizationId);
    if (value === undefined) return;
    await this.records.putNew(COLLECTION, { key: organizationId, value });
    this.unwritten.delete(organizationId);
  }
}
