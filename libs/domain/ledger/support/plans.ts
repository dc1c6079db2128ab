import type { CommandOf, LedgerEvent, PackageGrant } from '../src';
import { SOLD } from './catalogs';
import { complete, DAY, LedgerHarness, OPEN, submit, type HarnessResult, type TestCommand } from './ledger-harness';

// Plans that are paid, at given times.

/** P1 of the cases: the start of the subscription, and the end of its first period. */
export const BOUGHT = '2026-04-11T09:00:00.000Z';
export const RENEWAL = '2026-05-11T09:00:00.000Z';
export const GRACE = DAY;

/** The invoice line `line` pays for a plan. */
export function pay(line: string, plan: string, credits: number, more: Partial<PlanPaid> = {}): TestCommand {
  const { anchor = 'keep', endGrants = [], ...terms } = more;
  const grant = {
    grantId: `invoice:${line}`,
    credits,
    ends: { period: true } as const,
    graceMilliseconds: GRACE,
    ...terms,
  };
  return { type: 'ApplyPlanPayment', invoiceLineId: line, plan, anchor, endGrants, grant };
}

type PlanPaid = Omit<PackageGrant, 'grantId' | 'credits'> & Pick<CommandOf<'ApplyPlanPayment'>, 'anchor' | 'endGrants'>;

export const schedule = (at?: string, plan?: string): TestCommand => ({ type: 'SchedulePlan', at, plan });

export class PlanHarness extends LedgerHarness {
  /** Runs the commands at that time. */
  at(instant: string, ...commands: TestCommand[]): this {
    this.now = instant;
    return this.run(...commands);
  }

  whenAt(instant: string, command: TestCommand): HarnessResult {
    this.now = instant;
    return this.when(command);
  }

  get available(): number {
    return this.state.balance.available;
  }
}

/** An organization that bought the plan at `BOUGHT`, and used some of its credits. */
export function subscribed(plan: string, credits: number, used = 0, bought = BOUGHT): PlanHarness {
  const harness = new PlanHarness({ catalog: SOLD }).at(bought, OPEN, pay('i1:0', plan, credits, { anchor: 'new' }));
  return used === 0 ? harness : harness.run(submit('first', used), complete('first'));
}

/** Each event as its type and the members that matter for plans. */
export const summaryOf = ({ events }: { readonly events: readonly LedgerEvent[] }): unknown[] =>
  events.map(eventSummary);

function eventSummary({ type, data }: LedgerEvent): unknown {
  const { grantId, credits } = data as { grantId?: string; credits?: number };
  switch (type) {
    case 'CreditsExpired':
      return `${grantId} expires ${credits}`;
    case 'CreditsGranted':
      return `${grantId} gives ${credits} to ${data.expiresAt}`;
    case 'GrantGraceSet':
      return `${grantId} usable to ${data.graceUntil ?? 'its end'}`;
    case 'PeriodClosed':
      return `closed ${data.start} to ${data.end}`;
    case 'PlanSet':
      return `plan ${data.plan ?? 'none'}`;
    case 'PlanScheduled':
      return `scheduled ${data.at === undefined ? 'nothing' : `${data.plan ?? 'none'} at ${data.at}`}`;
    case 'OverageSet':
      return `overage ${data.overage}`;
    default:
      return type;
  }
}
