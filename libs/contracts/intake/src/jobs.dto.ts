import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { BOUNDS } from '@tallystick/contracts/http';
import { anObject, id, list, listOf, May, metadata, Must, oneOf, pages, text, time } from '@tallystick/contracts/http';

class TypedFile {
  /** An extension or a media type. */
  @Must(text(BOUNDS.typeLength)) type!: string;
  /** Stored with the details of the job only. */
  @May(text(BOUNDS.referenceLength)) name?: string | null;
}

export class FileDto extends TypedFile {
  @May(pages(1)) pages?: number | null;
}

/** The usage of a submitted job. */
export class UsageDto {
  @May(pages(1)) pages?: number | null;

  @ApiPropertyOptional({ type: () => [FileDto] })
  @May(listOf(anObject(), BOUNDS.files))
  @ValidateNested({ each: true })
  @Type(() => FileDto)
  files?: FileDto[] | null;
}

export class UsedFileDto extends TypedFile {
  @May(pages(0)) pages?: number | null;
}

/** The usage of a job that ended. It may be nothing. */
export class UsedDto {
  @May(pages(0)) pages?: number | null;

  @ApiPropertyOptional({ type: () => [UsedFileDto] })
  @May(listOf(anObject(), BOUNDS.files))
  @ValidateNested({ each: true })
  @Type(() => UsedFileDto)
  files?: UsedFileDto[] | null;
}

/** The members of a submission without its ids. */
export class BaseJobDto {
  @May(id()) projectId?: string | null;
  /** The key of the project, where an internal service submits the job for it. */
  @May(id()) apiKeyId?: string | null;
  @May(text(BOUNDS.nameLength)) operation?: string | null;

  @ApiPropertyOptional({ type: () => UsageDto })
  @May(anObject())
  @ValidateNested()
  @Type(() => UsageDto)
  usage?: UsageDto | null;

  @May(listOf(text(BOUNDS.nameLength), BOUNDS.features)) features?: string[] | null;
  @May(text(BOUNDS.referenceLength, 0)) reference?: string | null;
  @May(metadata()) metadata?: Record<string, unknown> | null;
  /** When it happened, by the producer's clock; now when left out. */
  @May(time()) occurredAt?: string | null;
}

export class SubmitJobDto extends BaseJobDto {
  @Must(id()) id!: string;
  @May(id()) organizationId?: string | null;
}

/** The id is optional: nothing is reserved for the job. */
export class PreviewJobDto extends BaseJobDto {
  @May(id()) id?: string | null;
  @May(id()) organizationId?: string | null;
}

/** Each job is checked alone, and has a result of its own. */
export class SubmitBatchDto {
  @ApiPropertyOptional({ type: () => [SubmitJobDto] })
  @Must(list(BOUNDS.batch, 1))
  jobs!: unknown[];
}

export class EndJobDto {
  @May(id()) organizationId?: string | null;

  @ApiPropertyOptional({ type: () => UsedDto })
  @May(anObject())
  @ValidateNested()
  @Type(() => UsedDto)
  usage?: UsedDto | null;

  /** `incomplete`: the job was stopped before its end. Any other text: it failed. The text is not stored. */
  @May(text(BOUNDS.reasonLength, 0)) reason?: string | null;
  @May(time()) occurredAt?: string | null;
}

/** The outcome of one job of a batch. */
export class OutcomeDto extends EndJobDto {
  @Must(id()) id!: string;
  @Must(oneOf(['completed', 'failed'])) outcome!: 'completed' | 'failed';
}

/** Each outcome is checked alone, and has a result of its own. */
export class OutcomesDto {
  @ApiPropertyOptional({ type: () => [OutcomeDto] })
  @Must(list(BOUNDS.batch, 1))
  outcomes!: unknown[];
}

export class HeartbeatDto {
  @May(id()) organizationId?: string | null;
}

export class OrganizationQueryDto {
  @May(id()) organizationId?: string;
}

export class JobQueryDto {
  @May(id()) organization?: string;
  /** The same as `organization`. */
  @May(id()) organizationId?: string;
}
