import { DAY } from '@tallystick/domain/kernel';
import { BOUNDS } from '@tallystick/contracts/http';
import type { BaseJobDto } from './jobs.dto';

/** The record collection of job details: names of documents and data of the caller. They can be deleted, movements cannot. */
export const DETAILS = 'details';
/** The record collection of deletions by callers: a repeated submission must not store these details again. */
export const DELETED_DETAILS = 'deleted-details';

/** Header of a message on jobs.lifecycle: `true` where intake has removed and stored the details of the job. */
export const HAS_DETAILS = 'has-details';
/** Shown in place of deleted details. */
export const DETAILS_DELETED = 'details deleted';

export interface JobDetails {
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** The names of the files, in their order. */
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
}: Pick<BaseJobDto, 'reference' | 'metadata' | 'usage'>): JobDetails | undefined {
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

/** The part of the RecordStore that is used here. */
interface DetailsRecords {
  get(collection: string, keys: readonly string[], now: number): Promise<readonly unknown[]>;
  putFree(
    collection: string,
    records: readonly { key: string; value: unknown; expiresAt?: number }[],
    now: number,
  ): Promise<ReadonlySet<string>>;
}

/**
 * Stores the details of jobs before their submission. The end of a job sets the real expiry. Details that are stored already, or that
 * were deleted, are not written. Returns the written keys. `now`: epoch milliseconds.
 */
export async function keepDetails(
  records: DetailsRecords,
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
  // (a concurrent submission of the same job is not overwritten)
  return records.putFree(
    DETAILS,
    fresh.map((record) => ({ ...record, expiresAt })),
    now,
  );
}
