import { CALENDAR_MONTH, earliest, periodAt, type Anchor, type Instant, type Period } from '@tallystick/domain/kernel';
import type { FactOf, LedgerEvent, OverageMode } from '../events';

/** A change of plan to come. Without a plan, the subscription ends. */
export interface ScheduledPlan {
  readonly at: Instant;
  readonly plan?: string;
}

/** The plan of an organization with its billing periods. */
export interface BillingTerms {
  plan: string | undefined;
  anchor: Anchor;
  scheduled: ScheduledPlan | undefined;
  overage: OverageMode;
  /** The current period does not start earlier: the end of the last one that was cut or closed. */
  periodFrom: Instant;
  /** The period of the last event. It is closed at its end if there may be something to invoice. */
  openPeriod: Period;
  /** Pay-as-you-go credits were consumed in the open period. */
  hasOverage: boolean;
}

export const initialTerms = (): BillingTerms => ({
  plan: undefined,
  anchor: CALENDAR_MONTH,
  scheduled: undefined,
  overage: 'none',
  periodFrom: '',
  openPeriod: { start: '', end: '' },
  hasOverage: false,
});

export const anchorOf = (start: Instant | undefined, days: number | undefined): Anchor =>
  start === undefined ? CALENDAR_MONTH : { start, length: days === undefined ? 'month' : { days } };

/** The organization's billing period at an instant. Periods only move forward: the end of a subscription does not reopen a past period. */
export function billingPeriod(
  { anchor, periodFrom }: Pick<BillingTerms, 'anchor' | 'periodFrom'>,
  at: Instant,
): Period {
  const period = periodAt(anchor, at);
  return period.start < periodFrom && periodFrom <= at ? { start: periodFrom, end: period.end } : period;
}

/** The end of the open period, if it is to be closed: with a plan, with overage, or with overage to invoice. */
export const nextClose = ({ plan, overage, hasOverage, openPeriod }: BillingTerms): Instant | undefined =>
  plan !== undefined || overage !== 'none' || hasOverage ? openPeriod.end : undefined;

/** When the terms change by themselves: a period ends, or a scheduled plan starts. */
export const nextTurn = (terms: BillingTerms): Instant | undefined => earliest(nextClose(terms), terms.scheduled?.at);

/** Folds an event into the terms, in place. */
export function evolveTerms(terms: BillingTerms, event: LedgerEvent): void {
  switch (event.type) {
    case 'PeriodClosed':
      return closed(terms, event.data.end);
    case 'PlanSet':
      planned(terms, event.data, placeOf(event));
      break;
    case 'PlanScheduled':
      terms.scheduled = scheduledPlan(event.data);
      break;
    case 'OverageSet':
      terms.overage = event.data.overage;
      break;
    case 'CreditsConsumed':
      terms.hasOverage ||= [...event.data.draws, ...event.data.surplus].some(({ kind }) => kind === 'pay-as-you-go');
      break;
    default:
  }
  const at = placeOf(event);
  if (at >= terms.openPeriod.end) terms.openPeriod = billingPeriod(terms, at);
}

function closed(terms: BillingTerms, end: Instant): void {
  terms.hasOverage = false;
  terms.periodFrom = end;
  terms.openPeriod = billingPeriod(terms, end);
}

function planned(terms: BillingTerms, { plan, anchor, periodDays }: FactOf<'PlanSet'>, at: Instant): void {
  const before = billingPeriod(terms, at).start;
  terms.plan = plan;
  terms.anchor = anchorOf(anchor, periodDays);
  terms.scheduled = undefined;
  if (billingPeriod(terms, at).start < before) terms.periodFrom = at;
  terms.openPeriod = billingPeriod(terms, at);
}

const scheduledPlan = ({ at, plan }: FactOf<'PlanScheduled'>): ScheduledPlan | undefined =>
  at === undefined ? undefined : { at, plan };

/** The time whose period an event belongs to: that of its decision. What is applied late counts at the time at which it was due. */
function placeOf({ type, metadata: { occurredAt, recordedAt }, data }: LedgerEvent): Instant {
  const mayBeLate =
    type === 'CreditsExpired' ||
    type === 'CreditsRevoked' ||
    type === 'PlanSet' ||
    type === 'OverageSet' ||
    (type === 'CreditsRefunded' && data.reason === 'timed-out');
  return mayBeLate && occurredAt < recordedAt ? occurredAt : recordedAt;
}
