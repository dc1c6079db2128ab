import { Injectable } from '@nestjs/common';
import { detailsKey, type DetailsRecord } from '@tallystick/contracts/intake';
import { LedgerClient, type RetentionReply } from '@tallystick/contracts/ledger';
import { DAY, millisecondsOf, type Instant } from '@tallystick/domain/kernel';
import type { StoredRecord } from '@tallystick/eventing';
import { DetailsService } from './details.service';

export interface EndedJob {
  readonly organizationId: string;
  readonly jobId: string;
  readonly endedAt: Instant;
}

const MAX_CACHED = 10_000;
/** Another process may receive the change, so a known window is used for this long only. */
const CACHE_MILLISECONDS = 5_000;

/** Deletes details a number of days after the end of their job. The organization sets it, or the project. */
@Injectable()
export class RetentionService {
  private readonly windows = new Map<string, { readonly window: RetentionReply; readonly until: number }>();

  constructor(
    private readonly details: DetailsService,
    private readonly ledger: LedgerClient,
  ) {}

  /** Sets the expiry of the details of ended jobs. A second end (a late outcome) sets it again. */
  async ended(jobs: readonly EndedJob[], now: number): Promise<void> {
    const ends = new Map(jobs.map((job) => [detailsKey(job.organizationId, job.jobId), job]));
    // (most jobs have no details: then the ledger is not called)
    const keys = await this.details.keptAmong([...ends.keys()], now);
    const organizations = new Set(keys.map((key) => ends.get(key)!.organizationId));
    const windows = new Map<string, RetentionReply>();
    await Promise.all([...organizations].map(async (id) => windows.set(id, await this.windowOf(id, now))));
    await this.details.rewrite(keys, now, (record, key) => {
      const { organizationId, endedAt } = ends.get(key)!;
      return withExpiry({ ...record, endedAt }, key, windows.get(organizationId)!, now);
    });
  }

  /** Applies a change of the retention to the stored details. */
  async changed(organizationId: string, now: number): Promise<void> {
    this.windows.delete(organizationId);
    const window = await this.windowOf(organizationId, now);
    for await (const keys of this.details.keysOf(organizationId, now))
      await this.details.rewrite(keys, now, (record, key) =>
        record.endedAt === undefined ? 'keep' : withExpiry(record, key, window, now),
      );
  }

  private async windowOf(organizationId: string, now: number): Promise<RetentionReply> {
    const known = this.windows.get(organizationId);
    if (known && known.until > now) return known.window;
    const window = await this.ledger.retention(organizationId);
    if (this.windows.size >= MAX_CACHED) this.windows.delete(this.windows.keys().next().value!);
    this.windows.set(organizationId, { window, until: now + CACHE_MILLISECONDS });
    return window;
  }
}

/** The record with its expiry; `remove` where that has passed. */
function withExpiry(
  record: DetailsRecord,
  key: string,
  { days, projects }: RetentionReply,
  now: number,
): StoredRecord | 'remove' {
  const kept = projects[record.projectId] ?? days;
  if (kept === 'off') return { key, value: record };
  const expiresAt = millisecondsOf(record.endedAt!) + kept * DAY;
  return expiresAt <= now ? 'remove' : { key, value: record, expiresAt };
}
