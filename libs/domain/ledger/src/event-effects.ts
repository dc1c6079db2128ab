import type { EventType, LedgerEvent, SkippedEvent } from './events';

interface EventEffects {
  /** Name of the movement in the history view. Null if the event moves no credits. */
  readonly movement: 'grant' | 'reserve' | 'consume' | 'refund' | 'expire' | 'revoke' | null;
  /** Effect on the job of `data.jobId`. A refund of unused credits follows the consumption that ended the job. */
  readonly job: 'starts' | 'ends' | 'changes' | null;
}

const NONE = { movement: null, job: null } as const;

/** Effects of each event type. Views, the audit and consumers select events by this table. */
export const EVENT_EFFECTS = {
  CreditsGranted: { movement: 'grant', job: null },
  CreditsReserved: { movement: 'reserve', job: 'starts' },
  CreditsConsumed: { movement: 'consume', job: 'ends' },
  CreditsRefunded: { movement: 'refund', job: 'ends' },
  CreditsExpired: { movement: 'expire', job: null },
  CreditsRevoked: { movement: 'revoke', job: null },
  ReservationExtended: { movement: null, job: 'changes' },
  OutcomeRemembered: { movement: null, job: 'changes' },
  OutcomeContradicted: { movement: null, job: 'changes' },
  JobWindowClosed: NONE,
  OrganizationOpened: NONE,
  PlanSet: NONE,
  OverageSet: NONE,
  BudgetCapSet: NONE,
  SettingsChanged: NONE,
  UsageReported: NONE,
  HistorySealed: NONE,
  ForeignEventAccepted: NONE,
  ForeignEventSkipped: NONE,
} as const satisfies Record<EventType | SkippedEvent['type'], EventEffects>;

type Effects = typeof EVENT_EFFECTS;
type EventWith<Key extends keyof EventEffects, Effect> = Extract<
  LedgerEvent,
  { readonly type: { [Type in keyof Effects]: Effects[Type][Key] extends Effect ? Type : never }[keyof Effects] }
>;

export type CreditMovement = NonNullable<EventEffects['movement']>;
/** An event that moves credits. */
export type MovementEvent = EventWith<'movement', CreditMovement>;
/** An event about one job. */
export type JobEvent = EventWith<'job', NonNullable<EventEffects['job']>>;
/** An event that moves the credits of one job. */
export type JobMovementEvent = Extract<MovementEvent, JobEvent>;
export type JobEndEvent = EventWith<'job', 'ends'>;

type AnyEvent = LedgerEvent | SkippedEvent;
export const isMovement = (event: AnyEvent): event is MovementEvent => EVENT_EFFECTS[event.type].movement !== null;
export const isJobEvent = (event: AnyEvent): event is JobEvent => EVENT_EFFECTS[event.type].job !== null;
export const isJobEnd = (event: AnyEvent): event is JobEndEvent => EVENT_EFFECTS[event.type].job === 'ends';
