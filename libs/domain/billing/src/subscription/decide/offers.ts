import {
  instantOf,
  isInstant,
  millisecondsOf,
  MINUTE,
  plusMilliseconds,
  SECOND,
  wholeSecond,
  type Instant,
} from '@tallystick/domain/kernel';
import { sumOfLines, type InvoiceLine } from '../../money/lines';
import { fractionLeft, prorationLines, type PeriodFraction } from '../../money/proration';
import { planLine } from '../../money/terms';
import type { BillingPolicy } from '../../policy';
import { refuse, type BillingRefusal } from '../../refusals';
import type { SoldTerms } from '../events';
import type { ChangeOffer } from '../queries';
import type { BillingAccount, RunningSubscription } from '../state';
import { isTooSmall, totalsFor } from './issue';
import { contextOf, type BillingContext } from './recorder';
import { isRefusal, termsNow, unchangeable, unsellable } from './sales';

/** An offer, and what confirming it needs. */
export interface CalculatedOffer {
  readonly offer: ChangeOffer;
  readonly terms: SoldTerms;
  readonly anchor: 'keep' | 'new';
  readonly fraction: PeriodFraction;
}

/** The parts of an offer's id: nothing of an offer is stored, so its id says for what it was made. */
interface OfferId {
  readonly plan: string;
  /** Whole second for which it was calculated. */
  readonly at: Instant;
  /** Of the last event that it depends on. */
  readonly revision: number;
  readonly due: number;
  readonly organizationId: string;
}

const encodeOffer = ({ plan, at, revision, due, organizationId }: OfferId): string =>
  [plan, millisecondsOf(at) / SECOND, revision, due, organizationId].join('~');

const WHOLE = /^\d{1,12}$/;

export function decodeOffer(id: string): OfferId | undefined {
  const [plan, seconds = '', revision = '', due = '', organizationId, ...rest] = id.split('~');
  if (!plan || !organizationId || rest.length > 0) return undefined;
  if (![seconds, revision, due].every((part) => WHOLE.test(part))) return undefined;
  const at = instantOf(Number(seconds) * SECOND);
  return isInstant(at) ? { plan, at, revision: Number(revision), due: Number(due), organizationId } : undefined;
}

/** The cost of a change to `plan`, calculated for the whole second of `at`; or why it is not possible. */
export function calculateOffer(context: BillingContext, plan: string, at: Instant): CalculatedOffer | BillingRefusal {
  const { account, policy } = context;
  const terms = termsNow(context, plan);
  if (isRefusal(terms)) return terms;
  const refusal = unchangeable(context) ?? unsuitable(context, terms) ?? unsellable(context, terms.taxIncluded);
  if (refusal) return refusal;
  const subscription = account.subscription as RunningSubscription & { readonly terms: SoldTerms };
  const second = wholeSecond(at);
  const { lines, anchor, fraction } = linesOf(subscription, terms, second);
  const isDowngrade = lines === undefined;
  const { gross } = totalsFor(context, sumOfLines(lines ?? []), terms.taxIncluded);
  const due = isDowngrade || isTooSmall(context, gross) ? 0 : gross;
  const { organizationId, termsRevision: revision, currency } = account;
  const offer: ChangeOffer = {
    id: encodeOffer({ plan, at: second, revision, due, organizationId }),
    kind: isDowngrade ? 'downgrade' : 'upgrade',
    plan,
    at: isDowngrade ? subscription.period.end : second,
    lines: lines ?? [],
    due: { amount: due, currency },
    credits: lines?.find(({ credits }) => credits !== undefined)?.credits ?? 0,
    expiresAt: plusMilliseconds(second, policy.offerMinutes * MINUTE),
  };
  return { offer, terms, anchor, fraction };
}

/** The offer of a change at `now`. Nothing is stored: confirming it calculates it again. */
export function previewChange(
  policy: BillingPolicy,
  account: BillingAccount,
  plan: string,
  now: Instant,
): ChangeOffer | BillingRefusal {
  const calculated = calculateOffer(contextOf(policy, { type: 'Tick', now }, account), plan, now);
  return isRefusal(calculated) ? calculated : calculated.offer;
}

/** Without lines, it is a downgrade. */
function linesOf(
  { terms: sold, period }: RunningSubscription & { readonly terms: SoldTerms },
  terms: SoldTerms,
  at: Instant,
): Pick<CalculatedOffer, 'anchor' | 'fraction'> & { readonly lines?: readonly InvoiceLine[] } {
  const fraction = fractionLeft(period, at);
  const difference = terms.price.amount - sold.price.amount;
  if (difference < 0) return { anchor: 'keep', fraction };
  // Between equal prices nothing is due, so the period stays.
  if (terms.upgrade === 'full' && difference > 0) return { lines: [planLine(terms)], anchor: 'new', fraction };
  return {
    lines: prorationLines(sold, terms, fraction, { start: at, end: period.end }),
    ...{ anchor: 'keep', fraction },
  };
}

/** Why the subscription cannot be changed to these terms. */
function unsuitable({ account }: BillingContext, terms: SoldTerms): BillingRefusal | undefined {
  const { terms: sold, cancelsAt, plan } = account.subscription!;
  if (terms.plan === plan)
    return refuse('same_plan', `The subscription has plan ${plan} already. Choose another plan.`, {
      field: 'plan',
      rule: 'other',
    });
  if (JSON.stringify(terms.period) !== JSON.stringify(sold?.period))
    return refuse(
      'period_differs',
      `Plan ${terms.plan} has another billing period. Cancel the subscription, then subscribe to it.`,
      {
        field: 'plan',
        rule: 'period',
      },
    );
  if (cancelsAt !== undefined && sold && terms.price.amount < sold.price.amount)
    return refuse(
      'cancellation_scheduled',
      'The subscription is cancelled for the end of the period. Resume it first.',
    );
  return undefined;
}
