import type { Unreadable } from '@tallystick/domain/kernel';
import { systemClock } from '@tallystick/runtime';
import type { RecordStore } from '../ports/record-store';

const PAGE = 1_000;

/**
 * A stream that a reader of the log skips, from a record that cannot be folded and is not accepted. `from` and `until` follow from
 * the log alone, so each reader that starts at its beginning finds the same.
 */
export interface Hold {
  readonly stream: string;
  /** Of the record. */
  readonly revision: number;
  readonly eventId: string;
  readonly type: string;
  readonly kind: Unreadable['kind'];
  readonly reason: string;
  /** The position of the log at which the hold starts, and the one at which the stream continues. */
  readonly from: number;
  readonly until?: number;
}

/** Stores the holds of one reader of the log, so that it can continue from its checkpoint. Written before the checkpoint passes them. */
export class HoldRegistry {
  /** `log` is the epoch of the log: positions of another epoch are not comparable. */
  constructor(
    private readonly records: RecordStore,
    private readonly reader: string,
    private readonly log: () => string = () => '',
    private readonly collection = 'held-streams',
  ) {}

  private get prefix(): string {
    return `${this.reader}/${this.log()}/`;
  }

  async put(holds: readonly Hold[]): Promise<void> {
    if (holds.length === 0) return;
    const key = ({ stream, revision }: Hold) => `${this.prefix}${stream}@${revision}`;
    await this.records.put(
      this.collection,
      holds.map((hold) => ({ key: key(hold), value: hold })),
    );
  }

  /** The holds that a reader at `position` has. */
  async at(position: number): Promise<Hold[]> {
    const holds: Hold[] = [];
    for (let after = ''; ;) {
      const query = { prefix: this.prefix, after, limit: PAGE, now: systemClock.now() };
      const page = await this.records.list(this.collection, query);
      for (const { value } of page) {
        const { until, ...hold } = value as Hold;
        if (hold.from <= position && (until === undefined || until > position)) holds.push(hold);
      }
      if (page.length < PAGE) return holds;
      after = page[page.length - 1]!.key;
    }
  }
}
