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

const REMEMBERED = 10_000;
/** Another process may be told of a change, where an organization's messages go there for a while. */
const REMEMBERED_MILLISECONDS = 5_000;

/** When details go: so many days after the job's end, as organization and project want it. */
@Injectable()
export class RetentionService {
  private readonly windows = new Map<string, { readonly window: RetentionReply; readonly until: number }>();

  constructor(
    private readonly details: DetailsService,
    private readonly ledger: LedgerClient,
  ) {}

  /** Jobs have ended: from now on their details have a last day. A later end (a late outcome) counts from then. */
  async ended(jobs: readonly EndedJob[], now: number): Promise<void> {
    const ends = new Map(jobs.map((job) => [detailsKey(job.organizationId, job.jobId), job]));
    // Of most jobs nothing is kept, and then nobody need be asked for how long.
    const keys = await this.details.keptAmong([...ends.keys()], now);
    const organizations = new Set(keys.map((key) => ends.get(key)!.organizationId));
    const windows = new Map<string, RetentionReply>();
    await Promise.all([...organizations].map(async (id) => windows.set(id, await this.windowOf(id, now))));
    await this.details.rewrite(keys, now, (record, key) => {
      const { organizationId, endedAt } = ends.get(key)!;
      return dated({ ...record, endedAt }, key, windows.get(organizationId)!, now);
    });
  }

  /** A change of the window applies to what is there. */
  async changed(organizationId: string, now: number): Promise<void> {
    this.windows.delete(organizationId);
    const window = await this.windowOf(organizationId, now);
    for await (const keys of this.details.keysOf(organizationId, now))
      await this.details.rewrite(keys, now, (record, key) =>
        record.endedAt === undefined ? 'keep' : dated(record, key, window, now),
      );
  }

  private async windowOf(organizationId: string, now: number): Promise<RetentionReply> {
    const known = this.windows.get(organizationId);
    if (known && known.until > now) return known.window;
    const window = await this.ledger.retention(organizationId);
    if (this.windows.size >= REMEMBERED) this.windows.delete(this.windows.keys().next().value!);
    this.windows.set(organizationId, { window, until: now + REMEMBERED_MILLISECONDS });
    return window;
  }
}

/** The record with its last moment, until that has come. */
function dated(
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
