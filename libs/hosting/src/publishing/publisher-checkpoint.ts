import { Injectable } from '@nestjs/common';
import { LOG_START, RecordStore, type Checkpoint } from '@tallystick/eventing';

const CHECKPOINTS = 'checkpoints';
/** The bare position, as every version reads and writes it; what else is known of it lies beside. */
const POSITION = 'publisher';
const DETAILS = 'publisher-log';
const MARK_MILLISECONDS = 10_000;
const MOST_MARKS = 64;

/** An event that the log had; `at`: when it was recorded, epoch milliseconds. */
export interface Mark {
  readonly position: number;
  readonly id: string;
  readonly at: number;
}

interface PublishedPosition extends Checkpoint {
  /** Names of all epochs of the log, as they were known. */
  readonly epochs: readonly string[];
  /** Oldest first; the older, the farther apart. */
  readonly marks: readonly Mark[];
}

/** How far the log was published: the checkpoint of all that lies in the record store. */
@Injectable()
export class PublisherCheckpoint {
  constructor(private readonly records: RecordStore) {}

  async load(): Promise<{ readonly checkpoint: Checkpoint } & Pick<PublishedPosition, 'epochs' | 'marks'>> {
    const found = await this.records.get(CHECKPOINTS, [POSITION, DETAILS], 0);
    const [position = LOG_START, details] = found as [number | undefined, PublishedPosition | undefined];
    const { epochs = [], marks = [], log, id, position: of } = details ?? {};
    // An older version has moved the position alone.
    const checkpoint = details && of === position ? { position, log, id } : { position };
    return { checkpoint, epochs, marks };
  }

  /** Whether the records know of a log at all; they do from its first start on. */
  async isKnown(): Promise<boolean> {
    const [position] = await this.records.get(CHECKPOINTS, [POSITION], 0);
    return position !== undefined;
  }

  /** Nothing was published yet. Of several processes that say so, one does. */
  async begin(): Promise<void> {
    await this.records.putNew(CHECKPOINTS, { key: POSITION, value: LOG_START });
  }

  /**
   * Without a condition: the process that publishes is the only writer. One that has lost this task and does not know it yet
   * can only set the place back to where it has published itself, and events that are published twice are known by their revision.
   */
  async save(checkpoint: Checkpoint, epochs: readonly string[], marks: readonly Mark[] = []): Promise<void> {
    const details: PublishedPosition = { ...checkpoint, epochs, marks };
    await this.records.put(CHECKPOINTS, [
      { key: POSITION, value: checkpoint.position },
      { key: DETAILS, value: details },
    ]);
  }
}

/** With one more mark, if the last one is old enough. */
export function marked(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  const last = marks[marks.length - 1];
  if (last && mark.at - last.at < MARK_MILLISECONDS) return marks;
  const all = [...marks, mark];
  if (all.length <= MOST_MARKS) return all;
  const half = MOST_MARKS / 2;
  return all.filter((_, index) => index >= half || index % 2 === 0);
}
