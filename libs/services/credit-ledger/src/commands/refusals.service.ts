import { randomUUID } from 'node:crypto';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { BOUNDS } from '@tallystick/contracts/http';
import type { RefusalRecord, Refused, Submission } from '@tallystick/contracts/ledger';
import { DAY } from '@tallystick/domain/kernel';
import { RecordStore, type StoredRecord } from '@tallystick/eventing';
import { RecordCollection } from '@tallystick/hosting';
import { SystemClock } from '@tallystick/runtime';
import { COLLECTIONS } from '../collections';

const AGAIN_MILLISECONDS = 5_000;
/** An attacker who is refused all day long must not fill the memory. */
const MOST_WAITING = 10_000;

/** Keeps refusals beside the streams, in batches; a store that is away keeps nobody waiting for a "no". */
@Injectable()
export class RefusalsService implements BeforeApplicationShutdown {
  private readonly log = new Logger(RefusalsService.name);
  private readonly records: RecordCollection<RefusalRecord>;
  private waiting: (StoredRecord & { readonly value: RefusalRecord })[] = [];
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();
  private lost = 0;

  constructor(records: RecordStore, clock: SystemClock) {
    this.records = new RecordCollection(records, COLLECTIONS.refusals, clock);
  }

  note(
    { organizationId, projectId, apiKeyId, jobId, operation }: Submission,
    { refusal, revision }: Refused,
    at: string,
  ): void {
    // What does not exist gets no record: anybody could make them up.
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

  /** Resolves when what was noted before is stored, or could not be and is tried again later. */
  kept(): Promise<void> {
    if (this.waiting.length === 0) return this.flushing;
    return (this.flushing = this.flushing.then(() => this.flush()));
  }

  /** In the order of time, from `after` on. */
  async page(
    organizationId: string,
    after: string | undefined,
    limit: number,
  ): Promise<readonly { key: string; value: RefusalRecord }[]> {
    await this.kept();
    return this.records.list({ prefix: `${organizationId}/`, after, limit });
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.kept();
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
      this.timer ??= setTimeout(() => void this.kept(), AGAIN_MILLISECONDS).unref();
    });
  }
}
