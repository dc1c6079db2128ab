import { Unreadable } from '@tallystick/domain/kernel';
import { LOG_START, type EventStore, type RecordedEvent } from '../ports/event-store';
import type { Hold, HoldRegistry } from './holds';
import { isStreamError } from '../errors';
import { Acceptances, pagesOf, type RecordRules } from '../commands/stream-fold';

/** A record that a reader of the log may fold. */
export interface Admitted<Event> {
  /** Of the log: where it came to be foldable. That is its own position, or the one of what ended the hold of its stream. */
  readonly position: number;
  readonly recorded: RecordedEvent;
  /** Nothing where the record is foreign and accepted. */
  readonly event: Event | undefined;
  /** The event that accepts it. */
  readonly acceptance?: RecordedEvent;
}

export interface AdmissionOptions<Event> extends RecordRules<Event> {
  readonly store: EventStore;
  /** Where the holds are kept; without it, the reader has to begin at the log's start. */
  readonly registry?: HoldRegistry;
  /** A stream is held from this record on. */
  readonly onHeld?: (hold: Hold) => void;
  /** Streams that were held when the reader began or began anew. */
  readonly onRestored?: (holds: readonly Hold[]) => void;
  /** The record was accepted, or can be read by now. */
  readonly onResumed?: (hold: Hold) => void;
  /** A record of a held stream was passed over. */
  readonly onSkipped?: (hold: Hold) => void;
}

/**
 * Which records a reader of the log may fold: of each stream those before the first one that cannot be read and is not accepted.
 * Once that is accepted, it and what was passed over since are admitted in their order, at the place of the acceptance.
 * So one stream holds up no other, and what has been admitted up to a position follows from the log alone.
 */
export class Admission<Event> {
  private held = new Map<string, Hold>();
  /** Holds of this process: the same program would read their records as before. */
  private own = new WeakSet<Hold>();
  /** Of the log, up to which `held` is complete; undefined while a batch is under way or after it has failed. */
  private position: number | undefined;

  constructor(private readonly options: AdmissionOptions<Event>) {}

  /** What may be folded by now of the next records after position `after`. `reached` has to follow once it is stored. */
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

  /** What is held now. */
  get holds(): readonly Hold[] {
    return [...this.held.values()];
  }

  /** Whether a stream will go on at its next record: a later version of the program can read what an earlier one could not. */
  async mayGoOn(): Promise<boolean> {
    for (const hold of this.held.values())
      if (!this.own.has(hold) && hold.kind !== 'not-ours' && (await this.canBeRead(hold))) return true;
    return false;
  }

  /** Takes up the holds as they were at a position. */
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

  /** Admits what the stream has from the hold up to `last`, as far as that can be folded now. False where that is nothing. */
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
      // A stream that was cut off or deleted since stays held: its rows end where they did.
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
