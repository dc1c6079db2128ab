import { DAY } from '@tallystick/domain/kernel';
import { BOUNDS } from '@tallystick/contracts/http';
import type { JobDto } from './jobs.dto';

/** The collection of job details: what names a document or belongs to the caller. They may be forgotten, movements may not. */
export const DETAILS = 'details';
/** Which jobs' details were deleted by hand: they are not to come back with a repeated submission. */
export const DELETED_DETAILS = 'deleted-details';

/** Header of a message on jobs.lifecycle whose job details intake has kept (`true`) and taken out of it. */
export const HAS_DETAILS = 'has-details';
/** What stands in place of details that are gone. */
export const DETAILS_DELETED = 'details deleted';

export interface JobDetails {
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Names of the job's files, in their order. */
  readonly files?: readonly string[];
}

/** As stored. */
export interface DetailsRecord {
  readonly details: JobDetails;
  readonly projectId: string;
  readonly endedAt?: string;
}

export const detailsKey = (organizationId: string, jobId: string): string => `${organizationId}/${jobId}`;

export function detailsOf({
  reference,
  metadata,
  usage,
}: Pick<JobDto, 'reference' | 'metadata' | 'usage'>): JobDetails | undefined {
  const names = (usage?.files ?? []).map(({ name }) => name ?? '');
  const hasNames = names.some((name) => name !== '');
  if (reference == null && metadata == null && !hasNames) return undefined;
  return {
    ...(reference != null && { reference }),
    ...(metadata != null && { metadata }),
    ...(hasNames && { files: names }),
  };
}

export interface DetailedJob {
  readonly organizationId: string;
  readonly projectId: string;
  readonly jobId: string;
  readonly details?: JobDetails;
}

/** As much of the RecordStore as is needed here. */
interface Records {
  get(collection: string, keys: readonly string[], now: number): Promise<readonly unknown[]>;
  putFree(
    collection: string,
    records: readonly { key: string; value: unknown; expiresAt?: number }[],
    now: number,
  ): Promise<ReadonlySet<string>>;
}

/**
 * Keeps the details of jobs that are being submitted; the job's end sets the real time of their going.
 * What is there already, or was deleted by hand, stays so. Answers the keys that were written. `now`: epoch milliseconds.
 */
export async function keepDetails(
  records: Records,
  jobs: readonly DetailedJob[],
  now: number,
): Promise<ReadonlySet<string>> {
  const candidates = jobs.flatMap(({ organizationId, projectId, jobId, details }) =>
    details ? [{ key: detailsKey(organizationId, jobId), value: { details, projectId } satisfies DetailsRecord }] : [],
  );
  if (candidates.length === 0) return new Set();
  const keys = candidates.map(({ key }) => key);
  const [known, deleted] = await Promise.all([
    records.get(DETAILS, keys, now),
    records.get(DELETED_DETAILS, keys, now),
  ]);
  const expiresAt = now + BOUNDS.openDetailsDays * DAY;
  const fresh = candidates.filter((_, index) => known[index] === undefined && deleted[index] === undefined);
  if (fresh.length === 0) return new Set();
  // The same job may be submitted elsewhere at this moment: its details are not overwritten.
  return records.putFree(
    DETAILS,
    fresh.map((record) => ({ ...record, expiresAt })),
    now,
  );
}
