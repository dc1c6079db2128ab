import { Inject, Injectable } from '@nestjs/common';
import { revisionNotReached, type Page } from '@tallystick/contracts/http';
import { POLICY } from '../policy';
import type { AwaitingJob, JobReference, JobsQuery, JobStatus, JobView } from '@tallystick/contracts/ledger';
import { DAY, plusMilliseconds } from '@tallystick/domain/kernel';
import { JOBS, type EarlyOutcome, type Job, type Policy, type Reservation } from '@tallystick/domain/ledger';
import { ViewStore, type Row, type Where } from '@tallystick/eventing';
import { cursorOf, pageOf, readCursor } from './pages';
import { LedgerService } from '../commands/ledger.service';
import { hadNoEffect, Projections, type Behind } from '@tallystick/hosting';

/** Job status. A single job is read from ledger state, so a caller sees its own writes; lists wait for the view. */
@Injectable()
export class JobsReader {
  constructor(
    private readonly ledger: LedgerService,
    private readonly views: ViewStore,
    private readonly projections: Projections,
    @Inject(POLICY) private readonly policy: Policy,
  ) {}

  async one({ organizationId, jobId }: JobReference): Promise<JobView | AwaitingJob | undefined> {
    const { value } = await this.ledger.read(organizationId, (ledger) => {
      const job = ledger.jobs.get(jobId) ?? ledger.settled.get(jobId);
      return { job: job && { ...job }, early: ledger.early.get(jobId) };
    });
    const { job, early } = value;
    if (early && !job) return this.awaiting({ organizationId, jobId }, early);
    // Read after the state: a job that the state no longer holds is in the view by then.
    const [row] = await this.views.get(JOBS, [[organizationId, jobId]]);
    const seen = row?.reservation == null ? undefined : viewOf(row);
    return job ? viewOfState(organizationId, job) : seen;
  }

  private awaiting(job: JobReference, early: readonly EarlyOutcome[]): AwaitingJob {
    const outcomes = early.map(({ projectId, outcome, at }) => ({
      ...(projectId !== undefined && { projectId }),
      outcome,
      since: at,
      until: plusMilliseconds(at, this.policy.jobWindowDays * DAY),
    }));
    return { ...job, status: 'awaiting', outcomes };
  }

  /** Newest first, with all decisions before the call. `behind` is set where the view does not reach them in time. */
  async page(query: JobsQuery): Promise<Page<JobView>> {
    const behind = await this.behind(query);
    const page = await this.found(query);
    return { ...page, ...(behind && { behind }) };
  }

  private async behind({ organizationId, atLeastRevision }: JobsQuery): Promise<Behind | undefined> {
    const latest = await this.ledger
      .read(organizationId, () => undefined)
      .then(({ revision }) => revision)
      .catch((error: unknown) => {
        if (hadNoEffect(error)) return undefined;
        throw error;
      });
    if (atLeastRevision === undefined) return this.projections.behind(organizationId, latest);
    if (latest !== undefined && atLeastRevision > latest) throw revisionNotReached(atLeastRevision, latest);
    await this.projections.caughtUp(organizationId, atLeastRevision);
    return undefined;
  }

  private async found(query: JobsQuery): Promise<Page<JobView>> {
    const { organizationId, projectId, operation, status, limit } = query;
    const after = readCursor(query.cursor, 2);
    const from = query.from ?? '';
    const where: Where = {
      organizationId,
      ...(projectId !== undefined && { projectId }),
      ...(operation !== undefined && { operation }),
      ...(status !== undefined && { status }),
      submittedAt: { from, ...(after ? { upTo: after[0] } : query.to !== undefined && { before: query.to }) },
    };
    // Jobs of one instant are ordered by id; those of the last page are left out.
    const skipped = after ? await this.sameInstant(where, after) : 0;
    const rows = await this.views.find(JOBS, {
      where,
      order: ['-submittedAt', '-jobId'],
      limit: limit + 1 + skipped,
    });
    const next = rows.slice(skipped);
    return pageOf(next.map(viewOf), limit, (job) => cursorOf([job.submittedAt!, job.jobId]));
  }

  private async sameInstant(where: Where, [submittedAt, jobId]: readonly string[]): Promise<number> {
    const same = { ...where, submittedAt: submittedAt!, jobId: { from: jobId! } };
    const total = await this.views.total(JOBS, { where: same, groupBy: ['organizationId'], sum: [] });
    return (total[0]?.['count'] as number | undefined) ?? 0;
  }
}

function viewOf(row: Row): JobView {
  const reservation = JSON.parse(row.reservation as string) as Reservation;
  return {
    jobId: row.jobId as string,
    organizationId: row.organizationId as string,
    projectId: row.projectId as string,
    ...(row.apiKeyId !== null && { apiKeyId: row.apiKeyId as string }),
    operation: row.operation as string,
    status: row.status as JobStatus,
    credits: row.credits as number,
    consumed: row.consumed as number,
    refunded: row.refunded as number,
    writtenOff: row.writtenOff as number,
    draws: reservation.draws,
    ...hasDetails(reservation),
    revisions: revisions(row.reserveRevision as number, row.endRevision as number | null),
    submittedAt: row.submittedAt as string,
    ...(row.endedAt !== null && { endedAt: row.endedAt as string }),
    ...(row.dueAt !== null && { expiresAt: row.dueAt as string }),
  };
}

function viewOfState(organizationId: string, job: Job): JobView {
  const { reservation, status, consumed, refunded, writtenOff } = job;
  const { jobId, projectId, apiKeyId, credits, draws, rating } = reservation;
  return {
    jobId,
    organizationId,
    projectId,
    ...(apiKeyId !== undefined && { apiKeyId }),
    operation: rating.operation,
    status,
    credits,
    consumed,
    refunded,
    writtenOff,
    draws,
    ...hasDetails(reservation),
    revisions: revisions(job.revision, job.endRevision),
    // (the deadline was set from the time of the reservation)
    submittedAt: plusMilliseconds(reservation.expiresAt, -reservation.timeoutSeconds * 1_000),
    ...(job.endedAt !== undefined && { endedAt: job.endedAt }),
    ...(status === 'reserved' && { expiresAt: job.expiresAt }),
  };
}

const hasDetails = (reservation: Reservation) =>
  reservation.hasDetails === undefined ? {} : { hasDetails: reservation.hasDetails };

const revisions = (reserved: number, ended: number | null | undefined) => ({
  reserved,
  ...(ended != null && { ended }),
});
