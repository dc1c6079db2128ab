import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import {
  anObject,
  BOUNDS,
  call,
  flag,
  id,
  listOf,
  May,
  Must,
  oneOf,
  text,
  time,
  toInstant,
  whole,
  type Caller,
  type Page,
  type RpcMethods,
} from '@tallystick/contracts/http';
import { TRACE_LENGTH, type Maybe, type RulesFor } from './call-rules';
import {
  JOB_STATUSES,
  type AwaitingJob,
  type Ending,
  type EndReply,
  type HeartbeatReply,
  type JobReference,
  type JobsQuery,
  type JobStatus,
  type JobUsage,
  type JobView,
  type PreviewReply,
  type RetentionReply,
  type Submission,
  type SubmitReply,
} from './ledger-types';
import { PLAN_CALLS } from './plan-calls';

// The calls of other services to the ledger, and the DTOs of their bodies. Bodies are checked like those of public routes: a
// fault of one process must not stop an organization in another. A new call is a line of a table here and a method in LocalLedger.

const HASH_LENGTH = 43;

class BareFileDto {
  @Must(text(BOUNDS.typeLength)) type!: string;
  @May(whole(0)) pages?: number | null;
}

class BareUsageDto implements RulesFor<JobUsage> {
  @May(whole(0)) pages!: Maybe<number>;

  @May(listOf(anObject(), BOUNDS.files))
  @ValidateNested({ each: true })
  @Type(() => BareFileDto)
  files!: Maybe<BareFileDto[]>;
}

class JobIdDto {
  @Must(id()) organizationId!: string;
  @Must(id()) jobId!: string;
  @May(text(TRACE_LENGTH)) actor!: Maybe<string>;
  @May(text(TRACE_LENGTH)) correlationId!: Maybe<string>;
}

class JobReferenceDto extends JobIdDto implements RulesFor<JobReference> {
  @May(id()) projectId!: Maybe<string>;
}

class TracedJobDto extends JobIdDto {
  @May(text(TRACE_LENGTH)) causationId!: Maybe<string>;
  @May(time()) occurredAt!: Maybe<string>;
}

class SubmissionDto extends TracedJobDto implements RulesFor<Submission> {
  @Must(id()) projectId!: string;
  @May(id()) apiKeyId!: Maybe<string>;
  @May(text(BOUNDS.nameLength)) operation!: Maybe<string>;

  @May(anObject())
  @ValidateNested()
  @Type(() => BareUsageDto)
  usage!: Maybe<BareUsageDto>;

  @May(listOf(text(BOUNDS.nameLength), BOUNDS.features)) features!: Maybe<string[]>;
  @May(flag()) hasDetails!: Maybe<boolean>;
}

class EndingOutcomeDto {
  @Must(oneOf(['completed', 'failed'])) kind!: 'completed' | 'failed';
  @May(oneOf(['failed', 'incomplete'])) reason?: 'failed' | 'incomplete' | null;

  @May(anObject())
  @ValidateNested()
  @Type(() => BareUsageDto)
  usage!: Maybe<BareUsageDto>;
}

class EndingDto extends TracedJobDto implements RulesFor<Ending> {
  @May(id()) projectId!: Maybe<string>;

  @Must(anObject())
  @ValidateNested()
  @Type(() => EndingOutcomeDto)
  outcome!: EndingOutcomeDto;
}

class JobListDto implements RulesFor<JobsQuery> {
  @Must(id()) organizationId!: string;
  @May(id()) projectId!: Maybe<string>;
  @May(text(BOUNDS.nameLength)) operation!: Maybe<string>;
  @May(oneOf(JOB_STATUSES)) status!: Maybe<JobStatus>;
  @May(time()) from!: Maybe<string>;
  @May(time()) to!: Maybe<string>;
  @May(text(BOUNDS.cursorLength)) cursor!: Maybe<string>;
  @May(whole(0)) atLeastRevision!: Maybe<number>;
  @Must(whole(1, BOUNDS.pageSize)) limit!: number;
}

class SubmissionsCallDto {
  @Must(listOf(anObject(), BOUNDS.batch, 1))
  @ValidateNested({ each: true })
  @Type(() => SubmissionDto)
  argument!: SubmissionDto[];
}

class EndingsCallDto {
  @Must(listOf(anObject(), BOUNDS.batch, 1))
  @ValidateNested({ each: true })
  @Type(() => EndingDto)
  argument!: EndingDto[];
}

class JobCallDto {
  @Must(anObject())
  @ValidateNested()
  @Type(() => JobReferenceDto)
  argument!: JobReferenceDto;
}

class JobListCallDto {
  @Must(anObject())
  @ValidateNested()
  @Type(() => JobListDto)
  argument!: JobListDto;
}

class RetentionCallDto {
  @Must(id()) argument!: string;
}

class KeyHashesCallDto {
  @Must(listOf(text(HASH_LENGTH, HASH_LENGTH), BOUNDS.batch)) argument!: string[];
}

/** With its times in the form of the domain. */
function withInstants<T extends { readonly occurredAt?: string; readonly from?: string; readonly to?: string }>(
  argument: T,
): T {
  const times = (['occurredAt', 'from', 'to'] as const).flatMap((name) => {
    const given = argument[name];
    return given === undefined ? [] : [[name, toInstant(given)] as const];
  });
  return { ...argument, ...Object.fromEntries(times) };
}

function receivedEnding(ending: Ending): Ending {
  const { outcome } = ending;
  const failed = { kind: 'failed', reason: (outcome.kind === 'failed' && outcome.reason) || 'failed' } as const;
  const completed = {
    kind: 'completed',
    ...('usage' in outcome && outcome.usage && { usage: outcome.usage }),
  } as const;
  return { ...withInstants(ending), outcome: outcome.kind === 'failed' ? failed : completed };
}

export const LEDGER_CALLS = {
  /** Each alone, in order. Jobs of one organization are committed together. */
  submit: call<readonly Submission[], readonly SubmitReply[]>({
    path: '/internal/jobs/submit',
    body: SubmissionsCallDto,
    receive: (submissions: readonly Submission[]) => submissions.map(withInstants),
    list: true,
  }),
  /** Each alone, in order. */
  end: call<readonly Ending[], readonly EndReply[]>({
    path: '/internal/jobs/end',
    body: EndingsCallDto,
    receive: (endings: readonly Ending[]) => endings.map(receivedEnding),
    list: true,
  }),
  heartbeat: call<JobReference, HeartbeatReply>({ path: '/internal/jobs/heartbeat', body: JobCallDto }),
  preview: call<readonly Submission[], readonly PreviewReply[]>({
    path: '/internal/jobs/preview',
    body: SubmissionsCallDto,
    receive: (submissions: readonly Submission[]) => submissions.map(withInstants),
    readOnly: true,
    largeBody: true,
  }),
  /** A job of any project: the argument's project is ignored. */
  job: call<JobReference, JobView | AwaitingJob | undefined>({
    path: '/internal/jobs/get',
    body: JobCallDto,
    send: ({ organizationId, jobId }) => ({ organizationId, jobId }),
    readOnly: true,
    optional: true,
  }),
  /** Newest first. */
  jobs: call<JobsQuery, Page<JobView>>({
    path: '/internal/jobs/list',
    body: JobListCallDto,
    receive: (query: JobsQuery) => withInstants(query),
    readOnly: true,
  }),
  retention: call<string, RetentionReply>({
    path: '/internal/retention',
    body: RetentionCallDto,
    readOnly: true,
    notFound: true,
  }),
  ...PLAN_CALLS,
} as const;

export const KEY_CALLS = {
  /** For each hash the caller who holds its key. Hashes travel, keys do not. */
  find: call<readonly string[], readonly (Caller | null | undefined)[]>({
    path: '/internal/keys/find',
    body: KeyHashesCallDto,
    readOnly: true,
  }),
} as const;

/**
 * The ledger for other services: in the same process, or in another one (`rpcClient` of adapters/http). Replies are values, in the
 * order of the argument. A call that cannot be made throws a Problem with status 503.
 */
export type LedgerClient = RpcMethods<typeof LEDGER_CALLS>;
/** The token of its provider. */
export const LedgerClient = class LedgerClient {} as unknown as abstract new () => LedgerClient;
