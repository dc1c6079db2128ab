import { Injectable } from '@nestjs/common';
import {
  BALANCES,
  forgetSettled,
  JOBS,
  settledJob,
  type Command,
  type Job,
  type Ledger,
  type LedgerEvent,
  type LedgerStreamEvent,
  type SkippedEvent,
} from '@tallystick/domain/ledger';
import type { Row } from '@tallystick/domain/kernel';
import { StoreUnavailable, ViewStore } from '@tallystick/eventing';
import { ProjectedRevisions, scanTable, type StateIndex } from '@tallystick/hosting';
import { SettledFilter } from './settled-filter';

/** While the views are being built, callers get 503 after this time. */
const MAX_WAIT_MILLISECONDS = 5_000;

type SettledById = ReadonlyMap<string, Job>;

/** The jobs that have ended, by id: read from the jobs view in groups, so that the ledger's state need not hold them. */
@Injectable()
export class SettledJobs implements StateIndex<Ledger, Command, LedgerEvent | SkippedEvent> {
  /** Complete once the jobs view was read; until then every id is looked up in the view. */
  private filter: SettledFilter | undefined;
  private filling: SettledFilter | undefined;
  private complete: Promise<void> | undefined;
  private isComplete = false;

  constructor(
    private readonly views: ViewStore,
    private readonly revisions: ProjectedRevisions,
  ) {}

  start(caughtUp: Promise<void>): void {
    this.complete = caughtUp.then(() => {
      this.isComplete = true;
    });
    const filling = new SettledFilter();
    this.filling = filling;
    this.complete.then(() => this.fill(filling)).catch(() => undefined);
  }

  onProjected(batch: readonly LedgerStreamEvent[]): void {
    for (const { entityId, event } of batch)
      if (event.type === 'CreditsConsumed' || event.type === 'CreditsRefunded')
        this.filling?.add(entityId, event.data.jobId);
  }

  /** Adds to each command about a job that the state does not know how that job ended. */
  prepare(organizationId: string, ledger: Ledger, commands: readonly Command[]) {
    const unknown = commands.flatMap((command) =>
      'jobId' in command && !isKnown(ledger, command.jobId) ? [command.jobId] : [],
    );
    if (unknown.length === 0) return commands;
    const found = this.find(organizationId, unknown);
    return found instanceof Promise
      ? found.then((settled) => withSettled(commands, settled))
      : withSettled(commands, found);
  }

  trim(organizationId: string, ledger: Ledger): void {
    if (ledger.settled.size > 0) forgetSettled(ledger, this.revisions.of(organizationId));
  }

  /** Another process may have saved the snapshot, with views further on than those of this one. */
  async waitForIndex(organizationId: string, { forgottenUpTo }: Pick<Ledger, 'forgottenUpTo'>): Promise<void> {
    await this.completed();
    const reached = this.revisions.waitUntil(
      () => this.revisions.of(organizationId) >= forgottenUpTo,
      MAX_WAIT_MILLISECONDS,
    );
    const [row] = await this.views.get(BALANCES, [[organizationId]]);
    const isThere = row && ((row.revision as number) >= forgottenUpTo || row.damagedAt !== null);
    if (!isThere && !(await reached)) throw stillBuilding();
  }

  /** The ended jobs among `jobIds`; a promise only if the view must be read. */
  find(organizationId: string, jobIds: readonly string[]): SettledById | Promise<SettledById> {
    if (!this.isComplete) return this.completed().then(() => this.find(organizationId, jobIds));
    const possible = this.filter ? jobIds.filter((jobId) => this.filter!.mayHave(organizationId, jobId)) : jobIds;
    return possible.length === 0 ? NONE : this.read(organizationId, possible);
  }

  private async completed(): Promise<void> {
    if (!this.complete) throw new StoreUnavailable('The index of settled jobs is not open yet.');
    if (!this.isComplete) await inTime(this.complete);
  }

  private async read(organizationId: string, jobIds: readonly string[]): Promise<SettledById> {
    const rows = await this.views.get(
      JOBS,
      jobIds.map((jobId) => [organizationId, jobId]),
    );
    const found = rows.flatMap((row) => (row ? [settledEntry(row)] : [])).filter(([, job]) => job !== undefined);
    return new Map(found as [string, Job][]);
  }

  private async fill(filter: SettledFilter): Promise<void> {
    for await (const rows of scanTable(this.views, JOBS, { columns: ['organizationId', 'jobId', 'status'] }))
      for (const { organizationId, jobId, status } of rows)
        if (status !== 'reserved') filter.add(organizationId as string, jobId as string);
    this.filter = filter;
  }
}

const stillBuilding = () =>
  new StoreUnavailable('The views are still being built from the log. Try again in a moment.');

async function inTime(what: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(stillBuilding()), MAX_WAIT_MILLISECONDS).unref();
  });
  await Promise.race([what, tooLate]).finally(() => clearTimeout(timer));
}

const NONE: SettledById = new Map();
const settledEntry = (row: Row) => [row.jobId as string, settledJob(row)] as const;

function withSettled(commands: readonly Command[], settled: SettledById): readonly Command[] {
  if (settled.size === 0) return commands;
  return commands.map((command) =>
    'jobId' in command ? { ...command, settled: settled.get(command.jobId) } : command,
  );
}

/** Whether the state knows the job, so that the index has nothing to add. */
export const isKnown = (ledger: Ledger, jobId: string): boolean =>
  ledger.jobs.has(jobId) || ledger.settled.has(jobId) || ledger.early.has(jobId);
