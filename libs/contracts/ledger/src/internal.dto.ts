import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { BOUNDS } from '@tallystick/contracts/http';
import {
  JOB_STATUSES,
  type Ending,
  type JobReference,
  type JobStatus,
  type JobsQuery,
  type JobUsage,
  type Submission,
} from './ledger-client';
import { anObject, flag, id, listOf, May, Must, oneOf, text, time, whole } from '@tallystick/contracts/http';

// The bodies of /internal. They are checked like public ones: a fault of one process must not stop an organization in another.

/** What travels has a rule: a member that is missing here does not compile. */
type RulesFor<T> = { [Member in keyof Required<T>]: unknown };
type Maybe<T> = T | null | undefined;

const HASH_LENGTH = 43;
const TRACE_LENGTH = 512;

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

class InternalJobDto {
  @Must(id()) organizationId!: string;
  @Must(id()) jobId!: string;
  @May(text(TRACE_LENGTH)) actor!: Maybe<string>;
  @May(text(TRACE_LENGTH)) correlationId!: Maybe<string>;
}

class InternalReferenceDto extends InternalJobDto implements RulesFor<JobReference> {
  @May(id()) projectId!: Maybe<string>;
}

class TracedJobDto extends InternalJobDto {
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

class InternalJobsQueryDto implements RulesFor<JobsQuery> {
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

export class SubmissionsCallDto {
  @Must(listOf(anObject(), BOUNDS.batch, 1))
  @ValidateNested({ each: true })
  @Type(() => SubmissionDto)
  argument!: SubmissionDto[];
}

export class EndingsCallDto {
  @Must(listOf(anObject(), BOUNDS.batch, 1))
  @ValidateNested({ each: true })
  @Type(() => EndingDto)
  argument!: EndingDto[];
}

export class JobCallDto {
  @Must(anObject())
  @ValidateNested()
  @Type(() => InternalReferenceDto)
  argument!: InternalReferenceDto;
}

export class JobsCallDto {
  @Must(anObject())
  @ValidateNested()
  @Type(() => InternalJobsQueryDto)
  argument!: InternalJobsQueryDto;
}

export class RetentionCallDto {
  @Must(id()) argument!: string;
}

export class KeysCallDto {
  @Must(listOf(text(HASH_LENGTH, HASH_LENGTH), BOUNDS.batch)) argument!: string[];
}
