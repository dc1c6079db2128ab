import type { LedgerEvent } from './events';

/** Of every event written now. A change of an event's shape raises it and adds an upcast below; stored events are never edited. */
export const SCHEMA_VERSION = 1;

interface StoredEvent {
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
}

/** Lifts an event of the version it is listed under to the next one. Versions without an entry changed nothing for their readers. */
const UPCASTS: ReadonlyMap<number, (event: StoredEvent) => StoredEvent> = new Map();

const TYPES: ReadonlySet<string> = new Set<LedgerEvent['type']>([
  'CreditsGranted',
  'CreditsReserved',
  'CreditsConsumed',
  'CreditsRefunded',
  'CreditsExpired',
  'CreditsRevoked',
  'ReservationExtended',
  'OutcomeRemembered',
  'OutcomeContradicted',
  'JobWindowClosed',
  'OrganizationOpened',
  'PlanSet',
  'OverageSet',
  'BudgetCapSet',
  'SettingsChanged',
  'UsageReported',
]);

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
  if (!TYPES.has(event.type))
    throw new Error(
      `The ledger has no event of type ${event.type}. Was it written by a later version of Tallystick?`,
    );
  return event as LedgerEvent;
}

export const STREAM_PREFIX = 'credits-';
export const streamOf = (organizationId: string): string => STREAM_PREFIX + organizationId;
export const organizationOf = (stream: string): string => stream.slice(STREAM_PREFIX.length);
