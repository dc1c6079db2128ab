import { isInstant, type Instant } from './instants';
import { cached, isObject, wrongMemberOf, type MemberChecks } from './member-checks';
import { Unreadable } from './unreadable';

export interface EventMetadata {
  readonly schemaVersion: number;
  /** Business time: as the producer reports it, or when something fell due. */
  readonly occurredAt: Instant;
  /** Time of the decision. Balances as of a time, periods and invoices use it. */
  readonly recordedAt: Instant;
  readonly correlationId?: string;
  readonly causationId?: string;
  /** An opaque id, never a name or an address. */
  readonly actor?: string;
}

/** As stored: the two ids have EventStoreDB's names (without `$` in older events), and `hash` is that of the stream's chain. */
export type StoredMetadata = EventMetadata & {
  readonly $correlationId?: string;
  readonly $causationId?: string;
  readonly hash?: string;
};

/** A record of a stream. Any program may append any record. */
export interface StoredEvent {
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
}

/** By version: converts an event of that version to the next one. A version without an entry needs no conversion. */
export type Upcasts = ReadonlyMap<number, (event: StoredEvent) => StoredEvent>;

/** The events of one kind of stream. */
export interface EventForms {
  /** The latest version that is read. */
  readonly schemaVersion: number;
  /** The checks of the data of each event type. */
  readonly shapes: Readonly<Record<string, MemberChecks>>;
  readonly upcasts?: Upcasts;
  /** The type of the event at revision 0, and its description. A stream that does not begin with it belongs to another program. */
  readonly first: { readonly type: string; readonly description: string };
}

const NO_UPCASTS: Upcasts = new Map();

/** Readers of stored events: an event, or the reason why it cannot be folded. They never throw. */
export function eventReader<Event>({ schemaVersion, shapes, upcasts: known = NO_UPCASTS, first }: EventForms) {
  const checks = new Map(Object.entries(shapes).map(([type, shape]) => [type, wrongMemberOf(shape)]));

  /** The metadata distinguishes an event of a later version of this program from one of another program. */
  const readEvent = (stored: StoredEvent, upcasts = known): Event | Unreadable => {
    const version = versionOf(stored.metadata);
    if (version === undefined) return foreign('it has no schema version and times of this program');
    if (version > schemaVersion)
      return newer(`it has schema version ${version}, and this program reads up to ${schemaVersion}`);
    let event = stored;
    for (let step = version; step < schemaVersion; step++) event = upcasts.get(step)?.(event) ?? event;
    const wrongMember = checks.get(event.type);
    if (wrongMember === undefined) return newer(`this program has no event of type ${event.type}`);
    const wrong = isObject(event.data) ? wrongMember(event.data) : 'data';
    if (wrong !== undefined) return foreign(`its ${wrong} is not what a ${event.type} has there`);
    const metadata = decodeMetadata(event.metadata as StoredMetadata);
    return (metadata === event.metadata ? event : { type: event.type, data: event.data, metadata }) as Event;
  };

  /** The event at a revision of a stream. */
  const readRecord = (stored: StoredEvent & { readonly revision: number }): Event | Unreadable => {
    const event = readEvent(stored);
    if (stored.revision > 0 || (event instanceof Unreadable && event.kind === 'newer')) return event;
    const isOurs = !(event instanceof Unreadable) && (event as StoredEvent).type === first.type;
    return isOurs ? event : new Unreadable('not-ours', `the stream does not begin with ${first.description}`);
  };

  return { readEvent, readRecord };
}

const foreign = (reason: string): Unreadable => new Unreadable('foreign', reason);
const newer = (reason: string): Unreadable => new Unreadable('newer', `${reason}: start a later version of Tallystick`);

const isTime = cached(isInstant);

function versionOf(metadata: unknown): number | undefined {
  const { schemaVersion, occurredAt, recordedAt } = (metadata ?? {}) as Readonly<Record<string, unknown>>;
  const isOurs =
    Number.isSafeInteger(schemaVersion) && isTime(recordedAt) && (occurredAt === recordedAt || isInstant(occurredAt));
  return isOurs ? (schemaVersion as number) : undefined;
}

/** The metadata of a stored event for consumers: without the hash, and with the names of the ids without `$`. */
export function decodeMetadata(stored: StoredMetadata): EventMetadata {
  if (stored.hash === undefined && stored.$correlationId === undefined && stored.$causationId === undefined)
    return stored;
  const { $correlationId, $causationId, hash: _hash, ...metadata } = stored;
  return {
    ...metadata,
    ...($correlationId !== undefined && { correlationId: $correlationId }),
    ...($causationId !== undefined && { causationId: $causationId }),
  };
}

/** An event as it is stored. */
export function encodeEvent<Event extends { readonly type: string; readonly metadata: EventMetadata }>({
  type,
  data,
  metadata,
}: Event & { readonly data: unknown }) {
  const { correlationId, causationId, ...rest } = metadata;
  return { type, data, metadata: { ...rest, $correlationId: correlationId, $causationId: causationId } };
}
