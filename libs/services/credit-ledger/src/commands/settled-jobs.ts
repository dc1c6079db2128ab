import { Injectable } from '@nestjs/common';
import { StoreUnavailable, ViewStore, type Row } from '@tallystick/eventing';
import { BALANCES, JOBS, settledJob, type Job, type Ledger, type LedgerStreamEvent } from '@tallystick/domain/ledger';
import { scanTable } from '@tallystick/hosting';
import { SettledFilter } from './settled-filter';

/** Organizations whose progress is remembered; of others the state simply lets go later. */
const REMEMBERED = 100_000;
/** While the views are built anew, callers are told to come again rather than left waiting. */
const LONGEST_WAIT_MILLISECONDS = 5_000;

/** Which jobs have ended, by id: the jobs view, read in groups, so that the ledger's state need not hold them. */
@Injectable()
export class SettledJobs {
  private readonly indexed = new Map<string, number>();
  private filter: SettledFilter | undefined;
  private complete: Promise<void> | undefined;
  private isComplete = false;
  private readonly waiting = new Set<{ organizationId: string; revision: number; wake: () => void }>();

  constructor(private readonly views: ViewStore) {}

  /** `caughtUp` resolves when the index has all that was stored before this process: what a snapshot has let go of is in it then. */
  begin(caughtUp: Promise<void>): void {
    this.complete = caughtUp.then(() => {
      this.isComplete = true;
    });
    const filling = new SettledFilter();
    this.filling = filling;
    this.complete.then(() => this.fill(filling)).catch(() => undefined);
  }
  private filling: SettledFilter | undefined;

  /** What the jobs view has just committed. The filter learns it before any state lets go of it. */
  onProjected(batch: readonly LedgerStreamEvent[]): void {
    for (const { entityId: organizationId, revision, event } of batch) {
      if (event.type === 'CreditsConsumed' || event.type === 'CreditsRefunded')
        this.filling?.add(organizationId, event.data.jobId);
      this.indexed.delete(organizationId);
      this.indexed.set(organizationId, revision);
    }
    for (const waiter of this.waiting)
      if (this.indexedRevision(waiter.organizationId) >= waiter.revision) {
        this.waiting.delete(waiter);
        waiter.wake();
      }
    for (const organizationId of this.indexed.keys()) {
      if (this.indexed.size <= REMEMBERED) break;
      this.indexed.delete(organizationId);
    }
  }

  /** The revision up to which the index has the organization's jobs. */
  indexedRevision(organizationId: string): number {
    return this.indexed.get(organizationId) ?? -1;
  }

  /** The ended jobs among `jobIds`; a promise only where the index itself must be asked. */
  lookUp(
    organizationId: string,
    jobIds: readonly string[],
  ): ReadonlyMap<string, Job> | Promise<ReadonlyMap<string, Job>> {
    if (!this.isComplete) return this.afterCatchUp(organizationId, jobIds);
    const perhaps = this.filter ? jobIds.filter((jobId) => this.filter!.mayHave(organizationId, jobId)) : jobIds;
    return perhaps.length === 0 ? NONE : this.read(organizationId, perhaps);
  }

  /**
   * Resolves when the index has the organization's jobs up to `revision`: whoever saved a snapshot of it may have let go of
   * what an index further on than this one had.
   */
  async waitForIndex(organizationId: string, revision: number): Promise<void> {
    await this.completed();
    if (this.indexedRevision(organizationId) >= revision) return;
    const seen = new Promise<void>((wake) => this.waiting.add({ organizationId, revision, wake }));
    const [row] = await this.views.get(BALANCES, [[organizationId]]);
    const isThere = row && ((row.revision as number) >= revision || row.damagedAt !== null);
    if (!isThere) await inTime(seen);
  }

  private async afterCatchUp(organizationId: string, jobIds: readonly string[]) {
    await this.completed();
    return this.lookUp(organizationId, jobIds);
  }

  private async completed(): Promise<void> {
    if (!this.complete) throw new StoreUnavailable('The index of settled jobs is not open yet.');
    if (!this.isComplete) await inTime(this.complete);
  }

  private async read(organizationId: string, jobIds: readonly string[]): Promise<ReadonlyMap<string, Job>> {
    const rows = await this.views.get(
      JOBS,
      jobIds.map((jobId) => [organizationId, jobId]),
    );
    const found = rows.flatMap((row) => (row ? [settledEntry(row)] : [])).filter(([, job]) => job !== undefined);
    return new Map(found as [string, Job][]);
  }

  /** Until it is through, the index is asked for every id. */
  private async fill(filter: SettledFilter): Promise<void> {
    for await (const rows of scanTable(this.views, JOBS, { columns: ['organizationId', 'jobId', 'status'] }))
      for (const { organizationId, jobId, status } of rows)
        if (status !== 'reserved') filter.add(organizationId as string, jobId as string);
    this.filter = filter;
  }
}

async function inTime(what: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    const error = new StoreUnavailable('The views are still being built from the log. Try again in a moment.');
    timer = setTimeout(reject, LONGEST_WAIT_MILLISECONDS, error).unref();
  });
  await Promise.race([what, tooLate]).finally(() => clearTimeout(timer));
}

const NONE: ReadonlyMap<string, Job> = new Map();
const settledEntry = (row: Row) => [row.jobId as string, settledJob(row)] as const;

/** Whether the state itself knows how the job stands, so that the index has nothing to add. */
export const isKnown = (ledger: Ledger, jobId: string): boolean =>
  ledger.jobs.has(jobId) || ledger.settled.has(jobId) || ledger.early.has(jobId);
