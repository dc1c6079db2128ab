import type { Unreadable } from '@tallystick/domain/kernel';
import { systemClock } from '@tallystick/runtime';
import type { RecordStore } from '../ports/record-store';

const PAGE = 1_000;

/**
 * A reader of the log passes over one stream, from a record on that can neither be folded nor is accepted. Which positions of
 * the log that takes follows from the log alone, so each reader that begins at its start finds the same.
 */
export interface Hold {
  readonly stream: string;
  /** Of the record. */
  readonly revision: number;
  readonly eventId: string;
  readonly type: string;
  readonly kind: Unreadable['kind'];
  readonly reason: string;
  /** The position of the log at which it begins, and the one at which the stream goes on. */
  readonly from: number;
  readonly until?: number;
}

/** Keeps the holds of one reader of the log, so that it can go on from its checkpoint. Written before the checkpoint passes them. */
export class HoldRegistry {
  /** `log` names the epoch of the log: positions of another one say nothing. */
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
