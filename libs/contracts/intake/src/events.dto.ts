import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { BOUNDS } from '@tallystick/contracts/http';
import { BaseJobDto, UsedDto } from './jobs.dto';
import { anObject, id, May, Must, text, time, whole } from '@tallystick/contracts/http';

// The `data` of the events on jobs.lifecycle, with organization and job from key and subject.

export class JobSubmittedData extends BaseJobDto {
  @Must(id()) id!: string;
  @Must(id()) organizationId!: string;
}

export class JobEndedData {
  @Must(id()) id!: string;
  @Must(id()) organizationId!: string;

  @May(anObject())
  @ValidateNested()
  @Type(() => UsedDto)
  usage?: UsedDto | null;

  @May(text(BOUNDS.reasonLength, 0)) reason?: string | null;
  @May(time()) occurredAt?: string | null;
}

export class JobSignalData {
  @Must(id()) id!: string;
  @Must(id()) organizationId!: string;
  @May(time()) occurredAt?: string | null;
}

export class UsageReportedData {
  @Must(id()) organizationId!: string;
  @May(id()) projectId?: string | null;
  /** As the catalog names it. */
  @Must(text(BOUNDS.nameLength)) limit!: string;
  /** Of a gauge: the current value. Of a counter: the total in the billing period. */
  @Must(whole(0, Number.MAX_SAFE_INTEGER)) value!: number;
  @May(time()) occurredAt?: string | null;
}
