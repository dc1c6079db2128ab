import { Inject, Injectable } from '@nestjs/common';
import { CATALOG } from '@tallystick/catalog';
import {
  assertOrder,
  checkTime,
  invalidInput,
  LIMITS,
  notFound,
  oneName,
  type Caller,
  type Limits,
} from '@tallystick/contracts/http';
import {
  bareUsage,
  DETAILS_DELETED,
  failureOf,
  toBound,
  toInstant,
  type JobDetails,
  type EndJobDto,
  type HeartbeatDto,
  type JobQueryDto,
} from '@tallystick/contracts/intake';
import { LedgerClient, type AwaitingJob, type JobsQueryDto, type JobView } from '@tallystick/contracts/ledger';
import type { Catalog } from '@tallystick/domain/catalog';
import { isId } from '@tallystick/domain/kernel';
import { endAnswer, problemOf, type HttpAnswer } from './answers';
import { DetailsService } from './details.service';
import { organizationOf, shownTo, visibleProject } from './scope';

/** What becomes of submitted jobs, and how they stand. */
@Injectable()
export class JobsService {
  constructor(
    private readonly ledger: LedgerClient,
    private readonly details: DetailsService,
    @Inject(CATALOG) private readonly catalog: Catalog,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {}

  async end(
    caller: Caller,
    jobId: string,
    kind: 'completed' | 'failed',
    body: EndJobDto,
    correlationId?: string,
  ): Promise<HttpAnswer> {
    const asked = this.asked(caller, jobId, body.organizationId);
    const late = checkTime(body.occurredAt, 'occurredAt', Date.now(), this.limits);
    if (late) throw invalidInput([late]);
    const usage = bareUsage(body.usage);
    const outcome =
      kind === 'failed' ? ({ kind, reason: failureOf(body.reason) } as const) : { kind, ...(usage && { usage }) };
    const occurredAt = body.occurredAt == null ? {} : { occurredAt: toInstant(body.occurredAt) };
    const [reply] = await this.ledger.end([{ ...asked, outcome, ...occurredAt, actor: caller.keyId, correlationId }]);
    return endAnswer(asked, reply!, this.catalog.links.billingUrl);
  }

  async heartbeat(caller: Caller, jobId: string, body: HeartbeatDto, correlationId?: string): Promise<object> {
    const asked = this.asked(caller, jobId, body.organizationId);
    const reply = await this.ledger.heartbeat({ ...asked, actor: caller.keyId, correlationId });
    if (reply.kind === 'extended')
      return { jobId, status: 'reserved', expiresAt: reply.expiresAt, revision: reply.revision };
    if (reply.kind !== 'idle') throw problemOf(asked, reply, this.catalog.links.billingUrl);
    const { status } = await this.visible(caller, jobId, body.organizationId);
    return { jobId, status, revision: reply.revision };
  }

  async get(caller: Caller, jobId: string, query: JobQueryDto): Promise<object> {
    const job = await this.visible(caller, jobId, oneName(query, 'organization', 'organizationId'));
    if (job.status === 'awaiting') return awaiting(job);
    const [kept] = await this.details.of(job.organizationId, [jobId], Date.now());
    return shown(job, kept);
  }

  async list(caller: Caller, query: JobsQueryDto): Promise<object> {
    const organizationId = organizationOf(caller, oneName(query, 'organization', 'organizationId'));
    const own = visibleProject(caller);
    assertOrder(query);
    if (own !== undefined && query.project !== undefined && query.project !== own) throw notFound('project');
    const { operation, cursor, atLeastRevision } = query;
    const status = oneName(query, 'state', 'status');
    const page = await this.ledger.jobs({
      organizationId,
      projectId: own ?? query.project,
      operation,
      status,
      cursor,
      from: query.from === undefined ? undefined : toBound(query.from),
      to: query.to === undefined ? undefined : toBound(query.to),
      limit: Math.min(query.limit ?? this.limits.pageSize, this.limits.maxPageSize),
      atLeastRevision,
    });
    const kept = await this.details.of(
      organizationId,
      page.data.map(({ jobId }) => jobId),
      Date.now(),
    );
    return { ...page, data: page.data.map((job, index) => shown(job, kept[index])) };
  }

  async deleteDetails(caller: Caller, jobId: string, query: JobQueryDto): Promise<object> {
    const job = await this.visible(caller, jobId, oneName(query, 'organization', 'organizationId'));
    if (job.status === 'awaiting') throw notFound('job');
    await this.details.delete(job.organizationId, jobId, Date.now());
    return { jobId, details: DETAILS_DELETED };
  }

  private async visible(caller: Caller, jobId: string, named: string | null | undefined) {
    const { organizationId } = this.asked(caller, jobId, named);
    const job = await this.ledger.job({ organizationId, jobId });
    const shown = job && shownTo(caller, job);
    if (!shown) throw notFound('job');
    return shown;
  }

  /** Which job is meant. A project's key reaches its own project's jobs, and those that are not submitted yet: the ledger sees to it. */
  private asked(caller: Caller, jobId: string, named: string | null | undefined) {
    if (!isId(jobId)) throw notFound('job');
    const projectId = visibleProject(caller);
    const organizationId = organizationOf(caller, named);
    return { organizationId, jobId, ...(projectId !== undefined && { projectId }) };
  }
}

/** The outcome that counts for a job of any project, else the first one; `outcome`, `usage` and `reason` are as they are reported. */
function awaiting({ jobId, organizationId, status, outcomes }: AwaitingJob): object {
  const shown = outcomes.find((one) => one.projectId === undefined) ?? outcomes[0]!;
  const { projectId, outcome, since, until } = shown;
  const { kind, ...how } = outcome;
  const project = projectId !== undefined && { projectId };
  return { jobId, organizationId, ...project, status, state: status, outcome: kind, ...how, since, until };
}

/** Details that are gone are said to be; a job that never had any says nothing. Of older jobs that ended this is not known. */
function shown({ hasDetails, ...job }: JobView, kept: JobDetails | typeof DETAILS_DELETED | undefined) {
  const hadSome = hasDetails ?? job.status !== 'reserved';
  const details = kept ?? (hadSome ? DETAILS_DELETED : undefined);
  return { ...job, ...(details !== undefined && { details }) };
}
