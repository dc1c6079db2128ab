import { DAY } from '@tallystick/domain/kernel';
import { BOUNDS } from '../bounds';
import type { JobFields } from '../dto/jobs.dto';

/** The collection of job details: what names a document or belongs to the caller. They may be forgotten, movements may not. */
export const DETAILS = 'details';

export interface JobDetails {
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Names of the job's files, in their order. */
  readonly files?: readonly string[];
}

/** As stored. `deletedAt` without details: deleted by hand, and not to come back with a repeated submission. */
export interface DetailsRecord {
  readonly details?: JobDetails;
  readonly projectId: string;
  readonly endedAt?: string;
  readonly deletedAt?: string;
}

export const detailsKey = (organizationId: string, jobId: string): string => `${organizationId}/${jobId}`;

export function detailsOf({ reference, metadata, usage }: JobFields): JobDetails | undefined {
  const names = (usage?.files ?? []).map(({ name }) => name ?? '');
  const hasNames = names.some((name) => name !== '');
  if (reference == null && metadata == null && !hasNames) return undefined;
  return {
    ...(reference != null && { reference }),
    ...(metadata != null && { metadata }),
    ...(hasNames && { files: names }),
  };
}

/** The record to keep for a job that is being submitted, in epoch milliseconds; its end sets the real time of its going. */
export const newDetailsRecord = (
  organizationId: string,
  projectId: string,
  jobId: string,
  details: JobDetails,
  now: number,
) => ({
  key: detailsKey(organizationId, jobId),
  value: { details, projectId } satisfies DetailsRecord,
  expiresAt: now + BOUNDS.openDetailsDays * DAY,
});
