import type { Instant } from '@tallystick/domain/kernel';
import { JobEndedData, JobSignalData, JobSubmittedData, UsageReportedData } from './events.dto';
import type { UsageDto, UsedDto } from './jobs.dto';
import type { JobUsage } from '@tallystick/contracts/ledger';
import { check, membersOf, toInstant, type FieldError } from '@tallystick/contracts/http';
import type { CloudEvent } from './cloud-events';

/** The event types of jobs.lifecycle with the DTO of their data. */
export const LIFECYCLE_TYPES = {
  'tallystick.job.submitted': JobSubmittedData,
  'tallystick.job.completed': JobEndedData,
  'tallystick.job.failed': JobEndedData,
  'tallystick.job.heartbeat': JobSignalData,
  'tallystick.job.delivery-failed': JobSignalData,
  'tallystick.usage.reported': UsageReportedData,
} as const;
export type LifecycleType = keyof typeof LIFECYCLE_TYPES;

type LifecycleData = JobSubmittedData | JobEndedData | JobSignalData | UsageReportedData;

/** One checked message of jobs.lifecycle. */
export type LifecycleEvent = {
  readonly id: string;
  readonly source: string;
  readonly occurredAt?: Instant;
} & (
  | { readonly type: 'tallystick.job.submitted'; readonly data: JobSubmittedData }
  | { readonly type: 'tallystick.job.completed' | 'tallystick.job.failed'; readonly data: JobEndedData }
  | {
      readonly type: 'tallystick.job.heartbeat' | 'tallystick.job.delivery-failed';
      readonly data: JobSignalData;
    }
  | { readonly type: 'tallystick.usage.reported'; readonly data: UsageReportedData }
);

export type CheckedLifecycle =
  | { readonly ok: true; readonly event: LifecycleEvent }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

const isLifecycleType = (type: string): type is LifecycleType => Object.hasOwn(LIFECYCLE_TYPES, type);

/**
 * Checks the data of an event. The id of the job may also be in `jobId` or in the subject. `fallback`: the organization from the key of
 * the message, or organization and project of the caller.
 */
export function checkLifecycle(
  event: CloudEvent,
  fallback: { organizationId?: string; projectId?: string },
): CheckedLifecycle {
  const { type, id, source } = event;
  if (!isLifecycleType(type)) {
    const message = `This type of event is unknown. Use one of: ${Object.keys(LIFECYCLE_TYPES).join(', ')}.`;
    return { ok: false, errors: [{ field: 'type', rule: 'oneOf', message }] };
  }
  if (typeof event.data !== 'object' || event.data === null || Array.isArray(event.data))
    return {
      ok: false,
      errors: [{ field: 'data', rule: 'object', message: 'Give the data as a JSON object.' }],
    };
  const checked = check<LifecycleData>(LIFECYCLE_TYPES[type], filled(event, LIFECYCLE_TYPES[type].name, fallback));
  if (!checked.ok)
    return { ok: false, errors: checked.errors.map((error) => ({ ...error, field: `data.${error.field}` })) };
  const at = checked.value.occurredAt ?? event.time;
  return {
    ok: true,
    event: {
      id,
      source,
      type,
      data: checked.value,
      ...(at != null && { occurredAt: toInstant(at) }),
    } as LifecycleEvent,
  };
}

/** The data with the members that are given by the envelope or the caller. */
function filled(
  { data, subject }: CloudEvent,
  dto: string,
  { organizationId, projectId }: { organizationId?: string; projectId?: string },
): object {
  const { jobId, ...given } = data as Record<string, unknown>;
  const known = membersOf(dto);
  const id = given['id'] ?? jobId ?? subject;
  return {
    ...given,
    ...(known.includes('id') && { id }),
    // (another value than the id is refused as an unknown member)
    ...(jobId != null && (jobId !== id || !known.includes('id')) && { jobId }),
    organizationId: given['organizationId'] ?? organizationId,
    ...(known.includes('projectId') && { projectId: given['projectId'] ?? projectId }),
  };
}

/** A usage without the names of files, which are details. */
export function bareUsage(usage: UsageDto | UsedDto | null | undefined): JobUsage | undefined {
  if (usage == null) return undefined;
  const { pages, files } = usage;
  return {
    ...(pages != null && { pages }),
    ...(files != null && {
      files: files.map((file) => ({ type: file.type, ...(file.pages != null && { pages: file.pages }) })),
    }),
  };
}

/** The reason of a failure. All texts but `incomplete` mean the same. */
export const failureOf = (reason: string | null | undefined): 'failed' | 'incomplete' =>
  reason === 'incomplete' ? 'incomplete' : 'failed';
