import { isInstant, Unreadable } from '@tallystick/domain/kernel';
import type { EventMetadata, EventType, FactOf, LedgerEvent } from './events';
import { EVENT_TYPES, cached, wrongMember } from './well-formed';

/**
 * The latest that is written and read. A member that changes what `due` or `decide` does raises it and adds an upcast below, where
 * older events need one. An optional member that changes nothing for them (`hash`, `$correlationId`, `$causationId`) does not, so
 * that an older replica still reads the event. Stored events are never edited.
 */
export const SCHEMA_VERSION = 2;

/** The first version that has all that an event says: older replicas go on reading the events that say nothing new. */
export const schemaVersionOf = (type: EventType, data: object): number =>
  (type === 'OutcomeRemembered' || type === 'OutcomeContradicted') &&
  (data as FactOf<typeof type>).projectId !== undefined
    ? 2
    : 1;

interface StoredEvent {
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
}

/** Lifts an event of the version it is listed under to the next one. Versions without an entry changed nothing for their readers. */
const UPCASTS: ReadonlyMap<number, (event: StoredEvent) => StoredEvent> = new Map();

/**
 * A stored event as the domain knows it, or why it is none that can be folded. Our metadata tells an event of a later version
 * of this program from another program's. Never throws: anyone may append anything to a stream.
 */
export function readEvent(stored: StoredEvent, upcasts = UPCASTS): LedgerEvent | Unreadable {
  const version = versionOf(stored.metadata);
  if (version === undefined) return foreign('it has no schema version and times of this program');
  if (version > SCHEMA_VERSION)
    return newer(`it has schema version ${version}, and this program reads up to ${SCHEMA_VERSION}`);
  let event = stored;
  for (let step = version; step < SCHEMA_VERSION; step++) event = upcasts.get(step)?.(event) ?? event;
  if (!EVENT_TYPES.has(event.type)) return newer(`this program has no event of type ${event.type}`);
  const wrong = wrongMember(event.type, event.data);
  if (wrong !== undefined) return foreign(`its ${wrong} is not what a ${event.type} has there`);
  const metadata = decodeMetadata(event.metadata as StoredMetadata);
  return (metadata === event.metadata ? event : { ...event, metadata }) as LedgerEvent;
}

/** The event at a revision of an organization's stream. A stream that does not begin with its opening belongs to another program. */
export function readRecord(stored: StoredEvent & { readonly revision: number }): LedgerEvent | Unreadable {
  const event = readEvent(stored);
  if (stored.revision > 0 || (event instanceof Unreadable && event.kind === 'newer')) return event;
  return !(event instanceof Unreadable) && event.type === 'OrganizationOpened'
    ? event
    : new Unreadable('not-ours', 'the stream does not begin with the opening of an organization');
}

/** The foreign record that an event accepts, if that is what it does. */
const acceptanceIn = (event: LedgerEvent): FactOf<'ForeignEventAccepted'> | undefined =>
  event.type === 'ForeignEventAccepted' ? event.data : undefined;

/** How the streams of the ledger are read. */
export const LEDGER_RECORDS = { decode: readRecord, acceptanceIn };

/** A stored event that must be one. */
export function decode(stored: StoredEvent, upcasts = UPCASTS): LedgerEvent {
  const event = readEvent(stored, upcasts);
  if (event instanceof Unreadable) throw new Error(`An event cannot be read: ${event.reason}.`);
  return event;
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

/** As stored: EventStoreDB's names for the two ids (older events have the bare ones), and the hash of the stream's chain. */
export type StoredMetadata = EventMetadata & {
  readonly $correlationId?: string;
  readonly $causationId?: string;
  readonly hash?: string;
};

/** The metadata of a stored event as consumers know it: without the hash, the two ids under their bare names. */
export function decodeMetadata(stored: StoredMetadata): EventMetadata {
  if (stored.hash === undefined && stored.$correlationId === undefined && stored.$causationId === undefined)
    return stored;
  const { $correlationId, $causationId, hash: _ofTheChain, ...metadata } = stored;
  return {
    ...metadata,
    ...($correlationId !== undefined && { correlationId: $correlationId }),
    ...($causationId !== undefined && { causationId: $causationId }),
  };
}

/** An event as it is stored. */
export function encode({ type, data, metadata }: LedgerEvent) {
  const { correlationId, causationId, ...rest } = metadata;
  return { type, data, metadata: { ...rest, $correlationId: correlationId, $causationId: causationId } };
}

export const STREAM_PREFIX = 'credits-';
export const streamOf = (organizationId: string): string => STREAM_PREFIX + organizationId;
export const organizationOf = (stream: string): string => stream.slice(STREAM_PREFIX.length);
