import { encodeEvent, eventReader, Unreadable, type StoredEvent, type Upcasts } from '@tallystick/domain/kernel';
import type { EventType, FactOf, LedgerEvent } from './events';
import { EVENT_SHAPES } from './well-formed';

/**
 * The latest version that is written and read. A member that changes the result of `due` or `decide` raises it and adds an upcast
 * to the reader if older events need one. An optional member without such an effect (`hash`, `$correlationId`, `$causationId`) does not, so
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

const { readEvent, readRecord } = eventReader<LedgerEvent>({
  schemaVersion: SCHEMA_VERSION,
  shapes: EVENT_SHAPES,
  first: { type: 'OrganizationOpened', description: 'the opening of an organization' },
});
export { readEvent, readRecord };

/** The acceptance of a foreign record, if the event is one. */
const acceptanceIn = (event: LedgerEvent): FactOf<'ForeignEventAccepted'> | undefined =>
  event.type === 'ForeignEventAccepted' ? event.data : undefined;

/** The reader of the ledger's streams. */
export const LEDGER_RECORDS = { decode: readRecord, acceptanceIn };

/** Reads a stored event and throws if it cannot be read. */
export function decode(stored: StoredEvent, upcasts?: Upcasts): LedgerEvent {
  const event = readEvent(stored, upcasts);
  if (event instanceof Unreadable) throw new Error(`An event cannot be read: ${event.reason}.`);
  return event;
}

export const encode = (event: LedgerEvent) => encodeEvent(event);

export const STREAM_PREFIX = 'credits-';
export const streamOf = (organizationId: string): string => STREAM_PREFIX + organizationId;
export const organizationOf = (stream: string): string => stream.slice(STREAM_PREFIX.length);
