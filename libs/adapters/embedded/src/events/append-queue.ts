import {
  AmbiguousAppend,
  type NewEvent,
  type RecordedEvent,
  StoreUnavailable,
  StoreUnwritable,
} from '@tallystick/eventing';
import { type SqliteDatabase, UncertainCommit } from '../sqlite/sqlite-database';
import { CommitGroup } from './commit-group';
import type { Tail } from './tails';

/** Assigns positions to events and makes them durable. Events that arrive during a commit form the next commit. */
export class AppendQueue {
  private group: CommitGroup;
  private commit: Promise<void> | undefined;
  private scheduled = false;
  private nextPosition: number;

  constructor(
    private readonly database: SqliteDatabase,
    private readonly rowBytes: number,
    private storedPosition: number,
    private readonly onStored: (group: CommitGroup, position: number) => void,
  ) {
    this.nextPosition = storedPosition + 1;
    this.group = new CommitGroup(rowBytes);
  }

  /** Last durable position. */
  get stored(): number {
    return this.storedPosition;
  }

  /** The caller has already compared the expected revision with the tail. */
  add(tail: Tail, events: readonly NewEvent[]): Promise<number> {
    const { stream, revision } = tail;
    const position = this.nextPosition;
    const recorded = events.map(({ id, type, data, metadata }, i): RecordedEvent => ({
      stream,
      revision: revision + 1 + i,
      position: position + i,
      id,
      type,
      data,
      metadata,
    }));
    const { group } = this;
    const run = group.write(recorded);
    tail.revision += events.length;
    tail.queued++;
    this.nextPosition += events.length;
    const stored = new Promise<number>((resolve, reject) =>
      group.appends.push({ tail, events: recorded, run, resolve, reject }),
    );
    if (this.commit === undefined) {
      if (group.bytes >= this.rowBytes) this.send();
      else this.schedule();
    }
    return stored;
  }

  /** Resolves when the current or the next commit has succeeded or failed. */
  settled(): Promise<unknown> {
    return this.commit ?? new Promise((resolve) => setImmediate(resolve));
  }

  async idle(): Promise<void> {
    while (this.commit || this.scheduled) await this.settled();
  }

  /**
   * Waits for the end of this turn of the event loop, so that appends that arrive together are stored together.
   * A full row is sent immediately, so that the disk is busy while the rest of the turn is decided.
   */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      if (this.commit === undefined && this.group.appends.length > 0) this.send();
    });
  }

  private send(): void {
    const { group } = this;
    this.group = new CommitGroup(this.rowBytes);
    this.commit = this.database.transaction(group.statements(), group.buffers()).then(
      () => this.succeeded(group),
      (error: unknown) => this.failed(group, error),
    );
  }

  private succeeded(group: CommitGroup): void {
    for (const { tail, events } of group.appends) {
      tail.stored += events.length;
      tail.queued--;
      this.storedPosition += events.length;
    }
    this.onStored(group, this.storedPosition);
    this.next();
    for (const { events, resolve } of group.appends) resolve(events[events.length - 1]!.revision);
  }

  /** Appends that were queued behind the failed group expect revisions that were never stored, so they fail too. */
  private failed(group: CommitGroup, error: unknown): void {
    const behind = this.group;
    this.group = new CommitGroup(this.rowBytes);
    this.nextPosition = this.storedPosition + 1;
    for (const { tail } of [...group.appends, ...behind.appends]) {
      tail.queued = 0;
      tail.revision = tail.stored;
    }
    this.next();
    const message = error instanceof Error ? error.message : String(error);
    const uncertain = error instanceof UncertainCommit;
    const certain = error instanceof StoreUnwritable ? error : new StoreUnavailable(message);
    for (const { reject } of group.appends) reject(uncertain ? new AmbiguousAppend(message) : certain);
    for (const { reject } of behind.appends) reject(certain);
  }

  private next(): void {
    this.commit = undefined;
    if (this.group.appends.length > 0) this.send();
  }
}
