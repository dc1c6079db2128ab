import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { BOUNDS } from '@tallystick/contracts/http';
import type { RefusalRecord, Refused, Submission } from '@tallystick/contracts/ledger';
import { DAY } from '@tallystick/domain/kernel';
import { RecordStore, type StoredRecord } from '@tallystick/eventing';
import { RecordCollection } from '@tallystick/hosting';
import { Clock } from '@tallystick/runtime';
import { COLLECTIONS } from '../collections';

const AGAIN_MILLISECONDS = 5_000;
/** Limits the memory of refusals that cannot be stored. */
const MOST_WAITING = 10_000;

/** Stores audit records of refused jobs in batches. An unavailable store does not delay the responses. */
@Injectable()
export class RefusalsService implements BeforeApplicationShutdown {
  private readonly log = new Logger(RefusalsService.name);
  private readonly records: RecordCollection<RefusalRecord>;
  private waiting: (StoredRecord & { readonly value: RefusalRecord })[] = [];
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();
  private lost = 0;

  constructor(records: RecordStore, clock: Clock) {
    this.records = new RecordCollection(records, COLLECTIONS.refusals, clock);
  }

  note(
    { organizationId, projectId, apiKeyId, jobId, operation }: Submission,
    { refusal, revision }: Refused,
    at: string,
  ): void {
    // (callers could invent any number of organizations)
    if (refusal.code === 'unknown_organization') return;
    if (this.waiting.length >= MOST_WAITING) return void (this.lost += 1);
    const { code, required, available } = refusal;
    const value: RefusalRecord = {
      at,
      organizationId,
      projectId,
      apiKeyId,
      jobId,
      operation,
      code,
      required,
      available,
      revision,
    };
    const expiresAt = Date.parse(at) + BOUNDS.refusalRetentionDays * DAY;
    this.waiting.push({ key: `${organizationId}/${at}/${randomUUID()}`, value, expiresAt });
  }

  /** Stores the noted records. Resolves also where that fails and is repeated later. */
  flushed(): Promise<void> {
    if (this.waiting.length === 0) return this.flushing;
    return (this.flushing = this.flushing.then(() => this.flush()));
  }

  /** In the order of time, after `after`. */
  async page(
    organizationId: string,
    after: string | undefined,
    limit: number,
  ): Promise<readonly { key: string; value: RefusalRecord }[]> {
    await this.flushed();
    return this.records.list({ prefix: `${organizationId}/`, after, limit });
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.flushed();
  }

  private async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = this.waiting;
    this.waiting = [];
    if (this.lost > 0)
      this.log.warn('Too many refusals at once: some audit records were left out.', { lost: this.lost });
    this.lost = 0;
    if (batch.length === 0) return;
    await this.records.put(batch).catch((error: unknown) => {
      this.log.warn(error, 'Refusals could not be kept; they are tried again.');
      this.waiting = [...batch, ...this.waiting].slice(0, MOST_WAITING);
      this.timer ??= setTimeout(() => void this.flushed(), AGAIN_MILLISECONDS).unref();
    });
  }
}
