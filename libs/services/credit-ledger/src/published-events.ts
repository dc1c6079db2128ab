import type { PublishedMetadata, CreditsEvents, CreditsEventType, CreditsMessage } from '@tallystick/contracts/ledger';
import type { EventType, FactOf, LedgerStreamEvent, SkippedEvent } from '@tallystick/domain/ledger';

/** The data of an event as it is stored. */
type StoredData<Type extends CreditsEventType> = Type extends EventType ? FactOf<Type> : SkippedEvent['data'];

interface PublishedForm<Type extends CreditsEventType> {
  /** The version of the published data: the first one that has all members. */
  readonly version: (data: CreditsEvents[Type]) => number;
  readonly data: (stored: StoredData<Type>) => CreditsEvents[Type];
}

/** Published as stored, in version 1. Does not compile for an event whose stored form is not the published one. */
const asStored = { version: () => 1, data: <Data>(stored: Data): Data => stored };
/** The project was added in version 2. */
const withProject = {
  ...asStored,
  version: ({ projectId }: { readonly projectId?: string }) => (projectId === undefined ? 1 : 2),
};

/** Grace and price were added in version 2. */
const withGrace = {
  ...asStored,
  version: ({ graceUntil, paid }: CreditsEvents['CreditsGranted']) =>
    graceUntil === undefined && paid === undefined ? 1 : 2,
};
/** The cause was added in version 2. */
const withCause = {
  ...asStored,
  version: ({ cause }: CreditsEvents['CreditsRevoked']) => (cause === undefined ? 1 : 2),
};
/** The invoice line was added in version 2. */
const withInvoiceLine = {
  ...asStored,
  version: ({ invoiceLineId }: CreditsEvents['PlanSet']) => (invoiceLineId === undefined ? 1 : 2),
};

type EveryEvent = EventType | SkippedEvent['type'];

const FORMS: { readonly [Type in EveryEvent]: PublishedForm<Type> } = {
  CreditsGranted: withGrace,
  CreditsReserved: asStored,
  CreditsConsumed: asStored,
  CreditsRefunded: asStored,
  CreditsExpired: asStored,
  CreditsRevoked: withCause,
  ReservationExtended: asStored,
  OutcomeRemembered: withProject,
  OutcomeContradicted: withProject,
  JobWindowClosed: asStored,
  OrganizationOpened: asStored,
  GrantGraceSet: asStored,
  PlanSet: withInvoiceLine,
  PlanScheduled: asStored,
  PeriodClosed: asStored,
  OverageSet: asStored,
  BudgetCapSet: asStored,
  SettingsChanged: asStored,
  UsageReported: asStored,
  HistorySealed: asStored,
  ForeignEventAccepted: asStored,
  ForeignEventSkipped: asStored,
};

/** The message of an event on credits.events. */
export function toCreditsMessage({ entityId, revision, event }: LedgerStreamEvent, stream: string): CreditsMessage {
  const { type } = event;
  // (the compiler does not relate the form to the data of the same type)
  const form = FORMS[type] as PublishedForm<CreditsEventType>;
  const data = form.data(event.data as never);
  const metadata: PublishedMetadata = { ...event.metadata, schemaVersion: form.version(data as never) };
  return { organizationId: entityId, stream, revision, type, data, metadata } as CreditsMessage;
}
