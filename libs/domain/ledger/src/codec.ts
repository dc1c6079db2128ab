import type { EventMetadata, EventType, LedgerEvent } from './events';

/**
 * Of every event written now. A member that changes what `due` or `decide` does raises it and adds an upcast below. An optional
 * member that changes nothing for them (`hash`, `$correlationId`, `$causationId`) does not, so that an older replica still reads
 * the event. Stored events are never edited.
 */
export const SCHEMA_VERSION = 1;

interface StoredEvent {
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
}

/** Lifts an event of the version it is listed under to the next one. Versions without an entry changed nothing for their readers. */
const UPCASTS: ReadonlyMap<number, (event: StoredEvent) => StoredEvent> = new Map();

// An object, so that a type left out does not compile.
const types: Readonly<Record<EventType, true>> = {
  CreditsGranted: true,
  CreditsReserved: true,
  CreditsConsumed: true,
  CreditsRefunded: true,
  CreditsExpired: true,
  CreditsRevoked: true,
  ReservationExtended: true,
  OutcomeRemembered: true,
  OutcomeContradicted: true,
  JobWindowClosed: true,
  OrganizationOpened: true,
  PlanSet: true,
  OverageSet: true,
  BudgetCapSet: true,
  SettingsChanged: true,
  UsageReported: true,
  HistorySealed: true,
};
export const EVENT_TYPES: ReadonlySet<string> = new Set(Object.keys(types));

/** A stored event as the domain knows it. Throws on what no version of this program has written, or only a later one. */
export function decode(stored: StoredEvent, upcasts = UPCASTS): LedgerEvent {
  const { schemaVersion } = stored.metadata as { schemaVersion: number };
  if (!(schemaVersion <= SCHEMA_VERSION))
    throw new Error(
      `This event has schema version ${schemaVersion}; this program reads up to ${SCHEMA_VERSION}. Start a later version of Tallystick.`,
    );
  let event = stored;
  for (let version = schemaVersion; version < SCHEMA_VERSION; version++)
    event = upcasts.get(version)?.(event) ?? event;
  if (!EVENT_TYPES.has(event.type))
    throw new Error(
      `The ledger has no event of type ${event.type}. Was it written by a later version of Tallystick?`,
    );
  const metadata = decodeMetadata(event.metadata as StoredMetadata);
  return (metadata === event.metadata ? event : { ...event, metadata }) as LedgerEvent;
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
