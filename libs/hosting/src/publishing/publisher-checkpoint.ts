import { Inject, Injectable } from '@nestjs/common';
import { LOG_START, RecordStore, type Checkpoint } from '@tallystick/eventing';
import { SystemClock } from '@tallystick/runtime';
import { RecordCollection } from '../records/record-collections';
import { STREAM, Stream } from '../stream/stream';

const MARK_MILLISECONDS = 10_000;
const MAX_MARKS = 64;

/** An event that the log had; `at`: when it was recorded, epoch milliseconds. */
export interface Mark {
  readonly position: number;
  readonly id: string;
  readonly at: number;
}

/** How far a category was published. */
export interface PublishedPosition extends Checkpoint {
  /** Names of all epochs of the log, as they were known. */
  readonly epochs: readonly string[];
  /** Oldest first; the older, the farther apart. */
  readonly marks: readonly Mark[];
}

type LoadedCheckpoint = { readonly checkpoint: Checkpoint } & Pick<PublishedPosition, 'epochs' | 'marks'>;

/** The publisher's checkpoint of one category: two records, because every version reads and writes the bare position. */
@Injectable()
export class PublisherCheckpoint {
  private readonly records: RecordCollection<number | PublishedPosition>;
  private readonly keys: Stream['checkpointKeys'];

  constructor(@Inject(STREAM) { checkpointKeys, collections }: Stream, records: RecordStore, clock: SystemClock) {
    this.keys = checkpointKeys;
    this.records = new RecordCollection(records, collections.checkpoints, clock);
  }

  async load(): Promise<LoadedCheckpoint> {
    const found = await this.records.get([this.keys.position, this.keys.details]);
    const [position = LOG_START, details] = found as [number | undefined, PublishedPosition | undefined];
    const { epochs = [], marks = [], log, id, position: of } = details ?? {};
    // If the positions differ, an older version has moved the bare one alone.
    const checkpoint = details && of === position ? { position, log, id } : { position };
    return { checkpoint, epochs, marks };
  }

  /** Whether the records know of a log; they do from its first start on. */
  async isKnown(): Promise<boolean> {
    return (await this.records.find(this.keys.position)) !== undefined;
  }

  /** Nothing was published yet. Of several processes that begin, one writes it. */
  async begin(): Promise<void> {
    await this.records.putNew(this.keys.position, LOG_START);
  }

  /**
   * Without a condition: the process that publishes is the only writer. One that has lost the leadership and does not know it
   * yet can only set the checkpoint back to where it has published itself; consumers skip events that come twice by revision.
   */
  async save(checkpoint: Checkpoint, epochs: readonly string[], marks: readonly Mark[] = []): Promise<void> {
    const position = { key: this.keys.position, value: checkpoint.position };
    const details = { key: this.keys.details, value: { ...checkpoint, epochs, marks } };
    await this.records.put([position, details]);
  }
}

/** With one more mark, if the last one is old enough. */
export function marked(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  const last = marks[marks.length - 1];
  if (last && mark.at - last.at < MARK_MILLISECONDS) return marks;
  const all = [...marks, mark];
  if (all.length <= MAX_MARKS) return all;
  const half = MAX_MARKS / 2;
  return all.filter((_, index) => index >= half || index % 2 === 0);
}
