import { Injectable } from '@nestjs/common';
import {
  DELETED_DETAILS,
  DETAILS,
  DETAILS_DELETED,
  detailsKey,
  keepDetails,
  type DetailedJob,
  type DetailsRecord,
  type JobDetails,
} from '@tallystick/contracts/intake';
import { DAY } from '@tallystick/domain/kernel';
import { RecordStore, StoreUnavailable, UnknownOutcome, type StoredRecord } from '@tallystick/eventing';

/** The new record, or what to do with the old one. */
export type DetailsChange = (record: DetailsRecord, key: string) => StoredRecord | 'keep' | 'remove';

/** A repeated submission within this time does not store deleted details again. Longer than the job window. */
const DELETION_KEPT_MILLISECONDS = 40 * DAY;

/** The details of jobs. They are stored outside the ledger, so that they can be deleted. */
@Injectable()
export class DetailsService {
  constructor(private readonly records: RecordStore) {}

  /** Call it before the jobs are submitted: the end of a job may follow at once. Returns the keys that this call wrote. */
  keep(jobs: readonly DetailedJob[], now: number): Promise<ReadonlySet<string>> {
    return keepDetails(this.records, jobs, now).catch((error: unknown) => {
      // (no job is submitted yet, so the outcome of the request is known)
      throw error instanceof UnknownOutcome ? new StoreUnavailable(error.message, { cause: error }) : error;
    });
  }

  /** Deletes details that `keep` wrote for jobs that were then not accepted. */
  async drop(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.records.remove(DETAILS, keys);
  }

  /** The details of each job, in order. Undefined for a job that never had some, as far as is known. */
  async of(
    organizationId: string,
    jobIds: readonly string[],
    now: number,
  ): Promise<readonly (JobDetails | typeof DETAILS_DELETED | undefined)[]> {
    if (jobIds.length === 0) return [];
    const keys = jobIds.map((jobId) => detailsKey(organizationId, jobId));
    const records = await this.read(keys, now);
    if (!records.includes(undefined)) return records.map((record) => record!.details);
    const deleted = await this.deleted(keys, now);
    return records.map((record, index) => record?.details ?? (deleted[index] ? DETAILS_DELETED : undefined));
  }

  /** Records the deletion first: a concurrent write of the details looks for it afterwards. */
  async delete(organizationId: string, jobId: string, now: number): Promise<void> {
    const key = detailsKey(organizationId, jobId);
    await this.records.put(DELETED_DETAILS, [{ key, value: true, expiresAt: now + DELETION_KEPT_MILLISECONDS }]);
    await this.records.remove(DETAILS, [key]);
  }

  /** The keys that have details. */
  async keptAmong(keys: readonly string[], now: number): Promise<readonly string[]> {
    const records = await this.read(keys, now);
    return keys.filter((_, index) => records[index] !== undefined);
  }

  /**
   * Replaces records by the results of `change`. There is one caller for each organization at a time, the consumer of its
   * messages. `keep` only writes missing records, and a `delete` during this call is detected at the end.
   */
  async rewrite(keys: readonly string[], now: number, change: DetailsChange): Promise<void> {
    if (keys.length === 0) return;
    const records = await this.read(keys, now);
    const changes = keys.map((key, index) => {
      const record = records[index];
      return { key, to: record ? change(record, key) : ('keep' as const) };
    });
    const put = changes.flatMap(({ to }) => (typeof to === 'object' ? [to] : []));
    await this.drop(changes.flatMap(({ key, to }) => (to === 'remove' ? [key] : [])));
    if (put.length === 0) return;
    await this.records.put(DETAILS, put);
    const deleted = await this.deleted(
      put.map(({ key }) => key),
      now,
    );
    await this.drop(put.flatMap(({ key }, index) => (deleted[index] ? [key] : [])));
  }

  /** The keys of an organization's details, in pages. */
  async *keysOf(organizationId: string, now: number): AsyncGenerator<readonly string[]> {
    const prefix = detailsKey(organizationId, '');
    for (let after: string | undefined; ;) {
      const page = await this.records.list(DETAILS, { prefix, after, limit: 500, now });
      if (page.length === 0) return;
      yield page.map(({ key }) => key);
      after = page[page.length - 1]!.key;
    }
  }

  private async read(keys: readonly string[], now: number): Promise<readonly (DetailsRecord | undefined)[]> {
    return (await this.records.get(DETAILS, keys, now)) as readonly (DetailsRecord | undefined)[];
  }

  private async deleted(keys: readonly string[], now: number): Promise<readonly boolean[]> {
    return (await this.records.get(DELETED_DETAILS, keys, now)).map((record) => record !== undefined);
  }
}
