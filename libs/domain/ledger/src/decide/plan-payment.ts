import {
  isCredits,
  MAX_CREDITS,
  plusMilliseconds,
  wholeSecond,
  type Anchor,
  type Instant,
} from '@tallystick/domain/kernel';
import type { Answer, CommandOf, LedgerDecision, PackageGrant } from '../commands';
import type { LedgerEvent } from '../events';
import type { Policy } from '../policy';
import { usableUntil } from '../state/balance';
import { evolveTerms, type BillingTerms } from '../state/billing-terms';
import { isSoldGrantId } from '../state/grant-ids';
import type { PlanLine, Ledger } from '../state/ledger';
import { grantConflict, invalidPaid, invalidTotal, isSameGrant } from './grants';
import { endGrace, expire, subscriptionPackages } from './packages';
import { anchorFor, closeBefore, endsWithPlan, hasPlan, planSet, unknownPlan, type PlanChange } from './plan';
import { isSame } from './rated-fields';
import { decisionTime, invalidCommand, recorder, type Recorder } from './recorder';

/** A paid plan line takes effect: period, plan, limits and credits change in one append. */
export function applyPlanPayment(
  policy: Policy,
  command: CommandOf<'ApplyPlanPayment'>,
  ledger: Ledger,
): LedgerDecision {
  const decided = repeatedPayment(command, ledger) ?? invalidPayment(policy, command, ledger);
  if (decided) return decided;
  const { plan, grant, invoiceLineId } = command;
  const now = decisionTime(command, ledger);
  const record = recorder(command, ledger);
  const change = { plan, anchor: anchorOfPayment(policy, command, ledger, now), at: wholeSecond(now), invoiceLineId };
  const { anchor, openPeriod: period } = termsAfter(ledger, [
    ...closeBefore(record, ledger, change),
    planSet(record, change),
  ]);
  const expiresAt = grant && 'at' in grant.ends ? grant.ends.at : period.end;
  const granted = grant && grant.credits > 0 ? packageEvents(record, grant, plan, expiresAt, now) : [];
  const answer = { kind: 'plan-applied', plan, anchor: anchor.start, period } as const;
  return {
    events: [
      ...changePlan(policy, record, command, ledger, change, { now, newEnd: expiresAt }),
      ...(ledger.scheduled ? [record('PlanScheduled', {})] : []),
      ...granted,
    ],
    answer: granted.length > 0 ? { ...answer, grantId: grant!.grantId, expiresAt } : answer,
  };
}

/**
 * Packages past their expiry end, and so do the grants that the package replaces. The others are not renewed any more, unless they
 * end together with the new one.
 */
function changePlan(
  policy: Policy,
  record: Recorder,
  { endGrants, plan }: CommandOf<'ApplyPlanPayment'>,
  ledger: Ledger,
  change: PlanChange,
  { now, newEnd }: { readonly now: Instant; readonly newEnd: Instant },
): LedgerEvent[] {
  const packages = subscriptionPackages(ledger);
  const replaced = endGrants.flatMap((grantId) => ledger.balance.grants.get(grantId) ?? []);
  const past = packages.filter(({ expiresAt }) => expiresAt !== undefined && expiresAt <= now);
  const ending = new Set([...past, ...replaced.filter(({ ended }) => ended === undefined)]);
  const others = packages.filter((grant) => !ending.has(grant) && grant.expiresAt !== newEnd);
  const isEnding = (event: LedgerEvent) =>
    event.type === 'CreditsExpired' && [...ending].some(({ grantId }) => grantId === event.data.grantId);
  return [
    ...closeBefore(record, ledger, change),
    ...expire(record, [...ending]),
    ...endGrace(record, others),
    planSet(record, change),
    ...endsWithPlan(policy, record, plan, ledger).filter((event) => !isEnding(event)),
  ];
}

/** The first answer, if the line was applied before: it is known by itself, or by its grant. */
function repeatedPayment(command: CommandOf<'ApplyPlanPayment'>, ledger: Ledger): LedgerDecision | undefined {
  const { invoiceLineId, plan, grant } = command;
  const applied = ledger.appliedPlans.get(invoiceLineId);
  const given = grant && ledger.given.get(grant.grantId);
  if (applied && applied.plan !== plan)
    return invalidCommand(
      'invoiceLineId',
      'sameLine',
      `Line ${invoiceLineId} was applied before for plan ${applied.plan}. Use the id of another line.`,
    );
  if (given && !isSameGrant(given, { kind: 'package', credits: grant.credits, paid: grant.paid }))
    return grantConflict(grant.grantId, given);
  if (!applied && !given) return undefined;
  const { anchor, period, revision } = applied ?? laterTerms(ledger, given!.revision);
  const granted = given && { grantId: grant.grantId, expiresAt: given.expiresAt! };
  const answer: Answer = { kind: 'plan-applied', plan, anchor, period, ...granted, repeated: { revision } };
  return { events: [], answer };
}

/** Of a payment long ago, whose own terms are not kept. */
const laterTerms = ({ anchor, openPeriod }: Ledger, revision: number): Omit<PlanLine, 'plan'> => ({
  anchor: anchor.start,
  period: openPeriod,
  revision,
});

function invalidPayment(
  policy: Policy,
  { plan, grant }: CommandOf<'ApplyPlanPayment'>,
  ledger: Ledger,
): LedgerDecision | undefined {
  // A plan that was sold stays the plan of its subscriber after the catalog has dropped it.
  if (plan !== ledger.plan && !hasPlan(policy, plan)) return unknownPlan(policy, plan);
  if (grant === undefined) return undefined;
  if (!isSoldGrantId(grant.grantId))
    return invalidCommand('grant.grantId', 'sold', 'The grant of a plan has the id invoice:{invoiceId}:{line}.');
  if (!isCredits(grant.credits))
    return invalidCommand('grant.credits', 'range', `Give a whole number of credits from 0 to ${MAX_CREDITS}.`);
  return invalidTotal(ledger, grant.credits) ?? invalidPaid(grant.paid, 'grant.paid');
}

/** Without a plan there is no anchor to keep, and periods of another length start a new one. */
function anchorOfPayment(
  policy: Policy,
  { plan, anchor }: CommandOf<'ApplyPlanPayment'>,
  ledger: Ledger,
  now: Instant,
): Anchor {
  const known = hasPlan(policy, plan) ? anchorFor(policy, plan, ledger.anchor.start) : ledger.anchor;
  const keeps = anchor === 'keep' && ledger.plan !== undefined && isSame(known.length, ledger.anchor.length);
  return keeps ? ledger.anchor : { ...known, start: wholeSecond(now) };
}

const termsAfter = (ledger: Ledger, events: readonly LedgerEvent[]): BillingTerms => {
  const terms: BillingTerms = { ...ledger };
  for (const event of events) evolveTerms(terms, event);
  return terms;
};

/** A package that is paid so late that it has ended is granted and expired in one append. */
function packageEvents(
  record: Recorder,
  { grantId, credits, graceMilliseconds, paid }: PackageGrant,
  plan: string,
  expiresAt: Instant,
  now: Instant,
): LedgerEvent[] {
  const graceUntil = graceMilliseconds ? plusMilliseconds(expiresAt, graceMilliseconds) : undefined;
  const data = { grantId, kind: 'package', credits, expiresAt, graceUntil, paid, reason: `plan ${plan}` } as const;
  const hasEnded = usableUntil(data)! <= now;
  return [record('CreditsGranted', data), ...(hasEnded ? [record('CreditsExpired', { grantId, credits })] : [])];
}
