import { Unreadable } from '@tallystick/domain/kernel';
import { RevisionGap, UnreadableRecord } from '../errors';
import type { EventStore, NewEvent, RecordedEvent } from '../ports/event-store';
import { recordHash } from '../chain/link';

export const PAGE = 1_000;
/** The position of what is not stored. */
const NOWHERE = -1;

/** Which record of its stream an event declares foreign, so that it is skipped. */
export interface Acceptance {
  readonly revision: number;
  readonly eventId: string;
  readonly hash: string;
}

/** How a program reads the records of its streams. Other programs can append to them, too. */
export interface RecordRules<Event> {
  /** The event, or why the record is none that can be folded. */
  readonly decode: (recorded: RecordedEvent) => Event | Unreadable;
  /** The acceptance that the event is, if it is one. */
  readonly acceptanceIn?: (event: Event) => Acceptance | undefined;
}

/** Throws RevisionGap unless the events were appended at the revisions they were decided for. */
export function assertFollowsOn(stream: string, after: number, count: number, last: number): void {
  if (last !== after + count) throw new RevisionGap(stream, after + 1, last - count + 1);
}

/** Throws UnreadableRecord if the event could not be read back. */
export function assertReadable<Event>(
  rules: RecordRules<Event>,
  place: Pick<RecordedEvent, 'stream' | 'revision'>,
  { id, type, data, metadata }: NewEvent,
): void {
  const record = { ...place, position: NOWHERE, id, type, data, metadata };
  const read = rules.decode(record);
  if (read instanceof Unreadable) throw new UnreadableRecord(record, read);
}

/** The acceptances among some events of one stream. An acceptance before the record that it names has no effect. */
export class Acceptances<Event> {
  private readonly found: { readonly acceptance: Acceptance; readonly event: RecordedEvent }[] = [];

  constructor(private readonly rules: RecordRules<Event>) {}

  take(recorded: RecordedEvent): void {
    const event = this.rules.decode(recorded);
    const acceptance = event instanceof Unreadable ? undefined : this.rules.acceptanceIn?.(event);
    if (acceptance && acceptance.revision < recorded.revision) this.found.push({ acceptance, event: recorded });
  }

  /** The event that accepts this record. Only a foreign record can be accepted. */
  of(record: RecordedEvent, { kind }: Unreadable): RecordedEvent | undefined {
    if (kind !== 'foreign') return undefined;
    return this.found.find(
      ({ acceptance: { revision, eventId, hash } }) =>
        revision === record.revision && eventId === record.id && hash === recordHash(record),
    )?.event;
  }
}

/**
 * The pages of a stream from `from` on, up to its end or `upTo`. `first` is the first page, if it was read already.
 * Throws RevisionGap if revisions are missing.
 */
export async function* pagesOf(
  store: EventStore,
  stream: string,
  from: number,
  upTo = Infinity,
  first?: readonly RecordedEvent[],
): AsyncGenerator<readonly RecordedEvent[]> {
  for (let next = from; next <= upTo;) {
    const limit = Math.min(PAGE, upTo - next + 1);
    const page = next === from && first ? first : await store.read(stream, next, limit);
    for (const { revision } of page) if (revision !== next++) throw new RevisionGap(stream, next - 1, revision);
    if (page.length > 0) yield page;
    if (page.length < limit) return;
  }
}

export interface StreamFold<Event> {
  readonly store: EventStore;
  readonly stream: string;
  readonly rules: RecordRules<Event>;
  /** The revision after which to start, and the last one to read. */
  readonly after: number;
  readonly upTo?: number;
  /** The first page, if it was read already. */
  readonly first?: readonly RecordedEvent[];
  /** Called for each record in order, without an event for a foreign record that was accepted. Returns false to stop reading. */
  readonly fold: (event: Event | undefined, recorded: RecordedEvent) => boolean | void;
}

/**
 * Folds a stream after a revision and returns the revision of the last record. For a record that cannot be folded, the stream is read
 * ahead: the record is skipped if a later event accepts it. Throws UnreadableRecord if none does, RevisionGap and StreamDeleted.
 */
export async function foldStream<Event>(options: StreamFold<Event>): Promise<number> {
  const { store, stream, rules, after, upTo, first, fold } = options;
  const ahead = new AheadOf(options);
  let revision = after;
  for await (const page of pagesOf(store, stream, after + 1, upTo, first))
    for (const recorded of page) {
      const event = rules.decode(recorded);
      const isUnreadable = event instanceof Unreadable;
      if (isUnreadable && !(await ahead.accepts(recorded, event))) throw new UnreadableRecord(recorded, event);
      if (fold(isUnreadable ? undefined : event, recorded) === false) return revision;
      revision = recorded.revision;
    }
  return revision;
}

/** Reads ahead once, however many records need it. */
class AheadOf<Event> {
  private readonly acceptances: Acceptances<Event>;
  private readUpTo: number | undefined;

  constructor(private readonly options: StreamFold<Event>) {
    this.acceptances = new Acceptances(options.rules);
  }

  async accepts(record: RecordedEvent, why: Unreadable): Promise<boolean> {
    if (why.kind !== 'foreign') return false;
    if (!this.acceptances.of(record, why)) await this.readOn(record.revision);
    return this.acceptances.of(record, why) !== undefined;
  }

  private async readOn(after: number): Promise<void> {
    const { store, stream } = this.options;
    for await (const page of pagesOf(store, stream, (this.readUpTo ?? after) + 1)) {
      for (const recorded of page) this.acceptances.take(recorded);
      this.readUpTo = page[page.length - 1]!.revision;
    }
  }
}
