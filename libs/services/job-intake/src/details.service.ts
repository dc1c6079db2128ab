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
import { RecordStore, StoreUnavailable, UnknownOutcome, type StoredRecord } from '@tallystick/eventing';

export type Change = (record: DetailsRecord, key: string) => StoredRecord | 'keep' | 'remove';

/** Longer than any job may come again: until then a repeated submission brings nothing back. */
const REMEMBERED_MILLISECONDS = 40 * 86_400_000;

/** Job details, kept beside the ledger so that they can be forgotten while it still adds up. */
@Injectable()
export class DetailsService {
  constructor(private readonly records: RecordStore) {}

  /** Before the ledger hears of the jobs: one may end at once, and its end must find them. Answers the keys that this call wrote. */
  keep(jobs: readonly DetailedJob[], now: number): Promise<ReadonlySet<string>> {
    return keepDetails(this.records, jobs, now).catch((error: unknown) => {
      // No job was submitted yet, whatever became of the details.
      throw error instanceof UnknownOutcome ? new StoreUnavailable(error.message, { cause: error }) : error;
    });
  }

  /** Forgets what `keep` wrote for jobs that then were not taken. */
  async drop(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.records.remove(DETAILS, keys);
  }

  /** By job, in their order; undefined where nothing was ever said, as far as anyone remembers. */
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

  /** The note comes first: whoever writes the details again at this moment looks for it afterwards. */
  async delete(organizationId: string, jobId: string, now: number): Promise<void> {
    const key = detailsKey(organizationId, jobId);
    await this.records.put(DELETED_DETAILS, [{ key, value: true, expiresAt: now + REMEMBERED_MILLISECONDS }]);
    await this.records.remove(DETAILS, [key]);
  }

  /** Those of these keys of which there are details. */
  async keptAmong(keys: readonly string[], now: number): Promise<readonly string[]> {
    const records = await this.read(keys, now);
    return keys.filter((_, index) => records[index] !== undefined);
  }

  /**
   * Rewrites records with what `change` makes of them: another record, the same (`keep`), or none (`remove`). It has one
   * writer: what calls it comes from the bus, one message after the other for each organization; `keep` only writes what is
   * not there, and `delete` leaves a note that is looked for here.
   */
  async rewrite(keys: readonly string[], now: number, change: Change): Promise<void> {
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

  /** Keys of an organization's details, page by page. */
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
