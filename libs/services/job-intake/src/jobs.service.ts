import { Inject, Injectable } from '@nestjs/common';
import { CATALOG } from '@tallystick/catalog';
import { assertOrder, notFound, oneName, toBound, type Caller } from '@tallystick/contracts/http';
import {
  DETAILS_DELETED,
  type AwaitingJobResponse,
  type DetailsDeletedResponse,
  type HeartbeatDto,
  type HeartbeatResponse,
  type JobDetails,
  type JobItem,
  type JobListResponse,
  type JobQueryDto,
  type JobResponse,
} from '@tallystick/contracts/intake';
import { LedgerClient, type AwaitingJob, type JobsQueryDto, type JobView } from '@tallystick/contracts/ledger';
import type { Catalog } from '@tallystick/domain/catalog';
import { Clock } from '@tallystick/runtime';
import { CONFIGURATION, pageLimit } from '@tallystick/hosting';
import { DetailsService } from './details.service';
import { problemOf } from './responses';
import { jobReference, organizationOf, visibleProject, visibleTo } from './scope';
import type { IntakeSettings } from './settings';

/** Reads submitted jobs with their details, and extends their reservations. */
@Injectable()
export class JobsService {
  constructor(
    private readonly ledger: LedgerClient,
    private readonly details: DetailsService,
    private readonly clock: Clock,
    @Inject(CATALOG) private readonly catalog: Catalog,
    @Inject(CONFIGURATION) private readonly limits: IntakeSettings,
  ) {}

  async heartbeat(
    caller: Caller,
    jobId: string,
    body: HeartbeatDto,
    correlationId?: string,
  ): Promise<HeartbeatResponse> {
    const reference = jobReference(caller, jobId, body.organizationId);
    const reply = await this.ledger.heartbeat({ ...reference, actor: caller.keyId, correlationId });
    if (reply.kind === 'extended')
      return { jobId, status: 'reserved', expiresAt: reply.expiresAt, revision: reply.revision };
    if (reply.kind !== 'idle') throw problemOf(reply, this.catalog.links.billingUrl);
    const { status } = await this.visible(caller, jobId, body.organizationId);
    return { jobId, status, revision: reply.revision };
  }

  async get(caller: Caller, jobId: string, query: JobQueryDto): Promise<JobResponse> {
    const job = await this.visible(caller, jobId, oneName(query, 'organization', 'organizationId'));
    if (job.status === 'awaiting') return awaitingResponse(job);
    const [kept] = await this.details.of(job.organizationId, [jobId], this.clock.now());
    return itemOf(job, kept);
  }

  async list(caller: Caller, query: JobsQueryDto): Promise<JobListResponse> {
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
      limit: pageLimit(query.limit, this.limits),
      atLeastRevision,
    });
    const kept = await this.details.of(
      organizationId,
      page.data.map(({ jobId }) => jobId),
      this.clock.now(),
    );
    return { ...page, data: page.data.map((job, index) => itemOf(job, kept[index])) };
  }

  async deleteDetails(caller: Caller, jobId: string, query: JobQueryDto): Promise<DetailsDeletedResponse> {
    const job = await this.visible(caller, jobId, oneName(query, 'organization', 'organizationId'));
    if (job.status === 'awaiting') throw notFound('job');
    await this.details.delete(job.organizationId, jobId, this.clock.now());
    return { jobId, details: DETAILS_DELETED };
  }

  private async visible(caller: Caller, jobId: string, organization: string | null | undefined) {
    const { organizationId } = jobReference(caller, jobId, organization);
    const job = await this.ledger.job({ organizationId, jobId });
    const visible = job && visibleTo(caller, job);
    if (!visible) throw notFound('job');
    return visible;
  }
}

/** With the outcome that applies to a job of any project, else the first one. */
function awaitingResponse({ jobId, organizationId, status, outcomes }: AwaitingJob): AwaitingJobResponse {
  const first = outcomes.find((one) => one.projectId === undefined) ?? outcomes[0]!;
  const { projectId, outcome, since, until } = first;
  const { kind, ...rest } = outcome;
  const project = projectId !== undefined && { projectId };
  return { jobId, organizationId, ...project, status, state: status, outcome: kind, ...rest, since, until };
}

/** Deleted details are shown as deleted. Of older jobs that ended it is unknown whether they had some. */
function itemOf({ hasDetails, ...job }: JobView, kept: JobDetails | typeof DETAILS_DELETED | undefined): JobItem {
  const hadDetails = hasDetails ?? job.status !== 'reserved';
  const details = kept ?? (hadDetails ? DETAILS_DELETED : undefined);
  return { ...job, ...(details !== undefined && { details }) };
}
