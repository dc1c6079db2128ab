import { isInstant, Unreadable } from '@tallystick/domain/kernel';
import type { EventMetadata, EventType, FactOf, LedgerEvent } from './events';
import { EVENT_TYPES, cached, wrongMember } from './well-formed';

/**
 * The latest version that is written and read. A member that changes the result of `due` or `decide` raises it and adds an upcast
 * below if older events need one. An optional member without such an effect (`hash`, `$correlationId`, `$causationId`) does not, so
 * that older replicas still read the event. Stored events are never edited.
 */
export const SCHEMA_VERSION = 3;

/** The first version that has all members of the event, so that older replicas can read it where possible. */
export function schemaVersionOf(type: EventType, data: object): number {
  switch (type) {
    case 'OutcomeRemembered':
    case 'OutcomeContradicted':
      return (data as FactOf<typeof type>).projectId === undefined ? 1 : 2;
    case 'CreditsGranted': {
      const { graceUntil, paid } = data as FactOf<typeof type>;
      return graceUntil === undefined && paid === undefined ? 1 : 3;
    }
    case 'PlanSet':
      return (data as FactOf<typeof type>).invoiceLineId === undefined ? 1 : 3;
    default:
      return 1;
  }
}

interface StoredEvent {
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
}

/** By version: converts an event of that version to the next one. A version without an entry needs no conversion. */
const UPCASTS: ReadonlyMap<number, (event: StoredEvent) => StoredEvent> = new Map();

/**
 * A stored event as a domain event, or the reason why it cannot be folded. The metadata distinguishes an event of a later version
 * of this program from one of another program. Never throws: any program may append any record to a stream.
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

/** The event at a revision of an organization's stream. A stream that does not start with `OrganizationOpened` belongs to another program. */
export function readRecord(stored: StoredEvent & { readonly revision: number }): LedgerEvent | Unreadable {
  const event = readEvent(stored);
  if (stored.revision > 0 || (event instanceof Unreadable && event.kind === 'newer')) return event;
  return !(event instanceof Unreadable) && event.type === 'OrganizationOpened'
    ? event
    : new Unreadable('not-ours', 'the stream does not begin with the opening of an organization');
}

/** The acceptance of a foreign record, if the event is one. */
const acceptanceIn = (event: LedgerEvent): FactOf<'ForeignEventAccepted'> | undefined =>
  event.type === 'ForeignEventAccepted' ? event.data : undefined;

/** The reader of the ledger's streams. */
export const LEDGER_RECORDS = { decode: readRecord, acceptanceIn };

/** Reads a stored event and throws if it cannot be read. */
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

/** As stored: the two ids have EventStoreDB's names (without `$` in older events), and `hash` is that of the stream's chain. */
export type StoredMetadata = EventMetadata & {
  readonly $correlationId?: string;
  readonly $causationId?: string;
  readonly hash?: string;
};

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
export function encode({ type, data, metadata }: LedgerEvent) {
  const { correlationId, causationId, ...rest } = metadata;
  return { type, data, metadata: { ...rest, $correlationId: correlationId, $causationId: causationId } };
}

export const STREAM_PREFIX = 'credits-';
export const streamOf = (organizationId: string): string => STREAM_PREFIX + organizationId;
export const organizationOf = (stream: string): string => stream.slice(STREAM_PREFIX.length);
