import { Unreadable } from '@tallystick/domain/kernel';
import { LOG_START, type EventStore, type RecordedEvent } from '../ports/event-store';
import type { Hold, HoldRegistry } from './holds';
import { isStreamError } from '../errors';
import { Acceptances, pagesOf, type RecordRules } from '../commands/stream-fold';

/** A record that a reader of the log can fold. */
export interface Admitted<Event> {
  /** The position of the log at which it can be folded: its own, or that of the record that ended the hold of its stream. */
  readonly position: number;
  readonly recorded: RecordedEvent;
  /** Undefined if the record is foreign and was accepted. */
  readonly event: Event | undefined;
  /** The event that accepts it. */
  readonly acceptance?: RecordedEvent;
}

export interface AdmissionOptions<Event> extends RecordRules<Event> {
  readonly store: EventStore;
  /** Stores the holds. Without it, the reader has to start at the beginning of the log. */
  readonly registry?: HoldRegistry;
  /** A stream is held from this record on. */
  readonly onHeld?: (hold: Hold) => void;
  /** Streams that were held when the reader started or restarted. */
  readonly onRestored?: (holds: readonly Hold[]) => void;
  /** The record was accepted, or can now be read. */
  readonly onResumed?: (hold: Hold) => void;
  /** A record of a held stream was skipped. */
  readonly onSkipped?: (hold: Hold) => void;
}

/**
 * Decides which records a reader of the log can fold. A stream is held from its first record that cannot be read and is not
 * accepted. Once that record is accepted, it and the records skipped since are admitted in order, at the position of the acceptance.
 * So a stream delays no other one, and the records admitted up to a position follow from the log alone.
 */
export class Admission<Event> {
  private held = new Map<string, Hold>();
  /** Holds that this process has found: the same program cannot read their records either. */
  private own = new WeakSet<Hold>();
  /** The position up to which `held` is complete. Undefined while a batch is under way, or after it has failed. */
  private position: number | undefined;

  constructor(private readonly options: AdmissionOptions<Event>) {}

  /** The records that can be folded after the next records of the log, from position `after` on. Call `committed` once they are stored. */
  async admit(after: number, records: readonly RecordedEvent[]): Promise<Admitted<Event>[]> {
    if (this.position !== after) await this.restore(after);
    this.position = undefined;
    const { decode } = this.options;
    const admitted: Admitted<Event>[] = [];
    const changed: Hold[] = [];
    for (const recorded of records) {
      const event = decode(recorded);
      const hold = this.held.size === 0 ? undefined : this.held.get(recorded.stream);
      if (hold) await this.whileHeld(hold, recorded, event, { admitted, changed });
      else if (event instanceof Unreadable) this.hold(recorded, event, recorded.position, changed);
      else admitted.push({ position: recorded.position, recorded, event });
    }
    await this.options.registry?.put(changed);
    return admitted;
  }

  /** The batch is stored, and the log was read up to `position`. */
  committed(position: number): void {
    this.position = position;
  }

  get holds(): readonly Hold[] {
    return [...this.held.values()];
  }

  /** Whether a held stream continues at its next record, because this version of the program can read what an earlier one could not. */
  async mayGoOn(): Promise<boolean> {
    for (const hold of this.held.values())
      if (!this.own.has(hold) && hold.kind !== 'not-ours' && (await this.canBeRead(hold))) return true;
    return false;
  }

  /** Loads the holds as they were at a position. */
  async restore(position: number): Promise<void> {
    const holds = position === LOG_START ? [] : ((await this.options.registry?.at(position)) ?? []);
    this.held = new Map(holds.map((hold) => [hold.stream, hold]));
    this.position = position;
    if (holds.length > 0) this.options.onRestored?.(holds);
  }

  private hold(record: RecordedEvent, { kind, reason }: Unreadable, from: number, changed: Hold[]): void {
    const { stream, revision, id: eventId, type } = record;
    const hold: Hold = { stream, revision, eventId, type, kind, reason, from };
    this.held.set(stream, hold);
    this.own.add(hold);
    changed.push(hold);
    this.options.onHeld?.(hold);
  }

  private async whileHeld(
    hold: Hold,
    recorded: RecordedEvent,
    event: Event | Unreadable,
    into: { admitted: Admitted<Event>[]; changed: Hold[] },
  ): Promise<void> {
    const isAcceptance =
      hold.kind === 'foreign' && !(event instanceof Unreadable) && this.options.acceptanceIn?.(event) !== undefined;
    const isFirstSeen = hold.kind !== 'not-ours' && !this.own.has(hold);
    if ((isAcceptance || isFirstSeen) && (await this.goOn(hold, recorded, into))) return;
    this.own.add(hold);
    this.options.onSkipped?.(hold);
  }

  /** Admits the records from the hold up to `last` that can be folded now. Returns false if there are none. */
  private async goOn(
    hold: Hold,
    last: RecordedEvent,
    { admitted, changed }: { admitted: Admitted<Event>[]; changed: Hold[] },
  ): Promise<boolean> {
    const { position } = last;
    const before = admitted.length;
    try {
      const acceptances = await this.acceptances(hold, last);
      for await (const page of this.pages(hold, last))
        for (const recorded of page) {
          const event = this.options.decode(recorded);
          const isEvent = !(event instanceof Unreadable);
          const acceptance = isEvent ? undefined : acceptances.of(recorded, event);
          if (isEvent) admitted.push({ position, recorded, event });
          else if (acceptance) admitted.push({ position, recorded, event: undefined, acceptance });
          else return this.nextHold(hold, recorded, event, position, changed);
        }
    } catch (error) {
      // A stream that was truncated or deleted since then stays held.
      if (!isStreamError(error)) throw error;
      admitted.length = before;
      return false;
    }
    this.end(hold, position, changed);
    return true;
  }

  private nextHold(hold: Hold, record: RecordedEvent, why: Unreadable, from: number, changed: Hold[]): boolean {
    if (record.revision === hold.revision) return false;
    this.end(hold, from, changed);
    this.hold(record, why, from, changed);
    return true;
  }

  private end(hold: Hold, until: number, changed: Hold[]): void {
    this.held.delete(hold.stream);
    changed.push({ ...hold, until });
    this.options.onResumed?.(hold);
  }

  private async acceptances(hold: Hold, last: RecordedEvent): Promise<Acceptances<Event>> {
    const acceptances = new Acceptances(this.options);
    for await (const page of this.pages(hold, last)) for (const recorded of page) acceptances.take(recorded);
    return acceptances;
  }

  private pages({ stream, revision }: Hold, last: RecordedEvent) {
    return pagesOf(this.options.store, stream, revision, last.revision);
  }

  private async canBeRead({ stream, revision }: Hold): Promise<boolean> {
    const [record] = await this.options.store.read(stream, revision, 1).catch((error: unknown) => {
      if (isStreamError(error)) return [];
      throw error;
    });
    return record?.revision === revision && !(this.options.decode(record) instanceof Unreadable);
  }
}
