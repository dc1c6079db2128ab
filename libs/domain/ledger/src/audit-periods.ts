import type { Period } from '@tallystick/domain/kernel';
import type { LedgerEvent } from './events';
import { usableUntil } from './state/balance';
import { nextClose } from './state/billing-terms';
import type { Ledger } from './state/ledger';

/** The closed periods of a stream, as far as an audit has read it. */
export interface ClosedPeriods {
  last: Period | undefined;
  /** The organization had nothing to close for a time after the last period, so that a gap is no breach. */
  mayHaveGap: boolean;
  /** The last period was closed before its end: a change of plan must follow. */
  isCut: boolean;
}

export const noPeriods = (): ClosedPeriods => ({ last: undefined, mayHaveGap: true, isCut: false });

/** Checks an event before it is folded: periods follow each other, and nothing is recorded into a closed one. */
export function checkPeriods(periods: ClosedPeriods, ledger: Ledger, event: LedgerEvent): string[] {
  const { last, isCut } = periods;
  switch (event.type) {
    case 'PeriodClosed':
      return [...uncut(isCut), ...checkClose(periods, event.data, event.metadata.recordedAt)];
    case 'CreditsReserved':
    case 'CreditsConsumed':
      return [...uncut(isCut), ...checkPlace(last, ledger, event)];
    default:
      return [];
  }
}

const uncut = (isCut: boolean): string[] => (isCut ? ['a period was cut, and no plan was set'] : []);

function checkClose({ last, mayHaveGap }: ClosedPeriods, { start, end }: Period, recordedAt: string): string[] {
  if (start >= end) return [`the closed period ends at ${end}, before its start`];
  if (end > recordedAt) return [`the period that ends at ${end} was closed before`];
  if (last === undefined || start === last.end) return [];
  if (start < last.end) return [`the period from ${start} overlaps the one that was closed to ${last.end}`];
  return mayHaveGap ? [] : [`no period was closed between ${last.end} and ${start}`];
}

function checkPlace(last: Period | undefined, ledger: Ledger, event: LedgerEvent): string[] {
  if (last === undefined) return [];
  const due = nextClose(ledger);
  const isLate = due !== undefined && due <= event.metadata.recordedAt;
  const isPast = event.type === 'CreditsReserved' && event.data.period < last.end;
  return [
    ...(isLate ? [`the period that ended at ${due} was not closed before`] : []),
    ...(isPast ? [`job ${event.data.jobId} is reserved in a period that was closed to ${last.end}`] : []),
  ];
}

/** After the event was folded. */
export function recordPeriod(periods: ClosedPeriods, ledger: Ledger, event: LedgerEvent, expectedEnd: string): void {
  if (event.type === 'PeriodClosed') {
    periods.last = event.data;
    periods.mayHaveGap = false;
    periods.isCut = event.data.end < expectedEnd;
  }
  if (event.type === 'PlanSet') periods.isCut = false;
  periods.mayHaveGap ||= nextClose(ledger) === undefined;
}

/** A grant of a paid invoice line is given once, and no grant is drawn after its end. */
export function checkGrants(ledger: Ledger, event: LedgerEvent): string[] {
  switch (event.type) {
    case 'CreditsGranted':
      return ledger.given.has(event.data.grantId) ? [`grant ${event.data.grantId} is given a second time`] : [];
    case 'CreditsReserved':
      return drawnLate(ledger, event.data.draws, event.metadata.recordedAt);
    case 'CreditsConsumed':
      return drawnLate(ledger, event.data.surplus, event.metadata.recordedAt);
    default:
      return [];
  }
}

function drawnLate(ledger: Ledger, draws: readonly { readonly grantId: string }[], at: string): string[] {
  return draws.flatMap(({ grantId }) => {
    const grant = ledger.balance.grants.get(grantId);
    const end = grant && usableUntil(grant);
    return end !== undefined && end <= at ? [`grant ${grantId} is drawn after its end at ${end}`] : [];
  });
}
