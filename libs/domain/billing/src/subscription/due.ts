import type { Instant } from '@tallystick/domain/kernel';
import type { BillingPolicy } from '../policy';
import type { BillingCommand } from './commands';
import {
  continueDunning,
  invoiceRenewal,
  afterAttempt,
  isReadyToInvoice,
  nextAttemptAt,
  startRenewal,
} from './decide/renewal';
import { contextOf, type BillingContext } from './decide/recorder';
import { endSubscription, lapsePurchase, lapseUpgrade } from './decide/sales';
import { pastDue } from './decide/issue';
import type { BillingEvent } from './events';
import { renewalEntry } from './queries';
import type { BillingAccount, InvoiceEntry } from './state';

/** Something that happens by itself at `at`. */
interface DueItem {
  readonly at: Instant;
  readonly events: (context: BillingContext) => readonly BillingEvent[];
}

/** The events of the first thing that is due; empty if nothing is. Called until nothing is due. */
export function dueBilling(
  policy: BillingPolicy,
  command: BillingCommand,
  account: BillingAccount,
): readonly BillingEvent[] {
  const first = firstDue(account);
  if (first === undefined) return [];
  const context = contextOf(policy, command, account, first.at);
  return first.at <= context.now ? first.events(context) : [];
}

/** When something is due next. The stream's command must not come later than necessary: credits wait for it. */
export const nextDue = (account: BillingAccount): Instant | undefined => firstDue(account)?.at;

/** The earliest item; of several at one time, the first in this list. */
function firstDue(account: BillingAccount): DueItem | undefined {
  const items = [...lapses(account), ...renewals(account), ...failures(account)];
  return items.reduce<DueItem | undefined>((first, item) => (first && first.at <= item.at ? first : item), undefined);
}

/** Purchases and upgrades that are not paid in time. An upgrade ends with its period. */
function lapses({ purchase, upgrade, subscription, entries }: BillingAccount): DueItem[] {
  const items: DueItem[] = [];
  const purchaseAt = purchase && !purchase.isPaid ? deadlineOf(entries[purchase.invoiceId]) : undefined;
  if (purchaseAt !== undefined) items.push({ at: purchaseAt, events: (context) => lapsePurchase(context, 'expired') });
  if (!upgrade || upgrade.isPaid) return items;
  const upgradeAt = deadlineOf(entries[upgrade.invoiceId]);
  const periodEnd = subscription?.period.end;
  if (upgradeAt !== undefined && (periodEnd === undefined || upgradeAt < periodEnd))
    items.push({ at: upgradeAt, events: (context) => lapseUpgrade(context, 'expired') });
  else if (periodEnd !== undefined)
    items.push({ at: periodEnd, events: (context) => lapseUpgrade(context, 'period_end') });
  return items;
}

/** When an open invoice has not been paid in time. */
const deadlineOf = (entry: InvoiceEntry | undefined): Instant | undefined =>
  entry?.status !== 'open' ? undefined : entry.provider === 'manual' ? entry.dueAt : entry.charge?.expiresAt;

function renewals(account: BillingAccount): DueItem[] {
  const { subscription, renewal, upgrade } = account;
  if (!subscription) return [];
  const { cancelsAt, period, terms } = subscription;
  if (cancelsAt !== undefined)
    return [
      ...invoices(account),
      { at: cancelsAt, events: (context) => endSubscription(context, 'cancelled', { at: cancelsAt }) },
    ];
  // A paid upgrade that starts a new period takes the place of the renewal.
  const isReplaced = upgrade?.isPaid && upgrade.anchor === 'new';
  if (terms && !renewal && !isReplaced)
    return [{ at: period.end, events: (context) => startRenewal(context, subscription) }];
  return invoices(account);
}

const invoices = (account: BillingAccount): DueItem[] =>
  isReadyToInvoice(account) ? [{ at: account.renewal!.period.start, events: invoiceRenewal }] : [];

/** Renewals that are not paid: the first failure, further attempts, and the end of dunning. */
function failures(account: BillingAccount): DueItem[] {
  const entry = renewalEntry(account);
  if (!entry) return [];
  const { invoiceId, charge, retryAt = [] } = entry;
  const deadline = deadlineOf(entry);
  if (deadline !== undefined)
    return [
      { at: deadline, events: (context) => [...expireCharge(context, entry), pastDue(context, invoiceId, 'expired')] },
    ];
  if (entry.status !== 'past_due') return [];
  if (charge)
    return [
      { at: charge.expiresAt, events: (context) => [...expireCharge(context, entry), ...afterAttempt(context, entry)] },
    ];
  const at = nextAttemptAt(account, entry) ?? retryAt.at(-1) ?? account.now;
  return [{ at, events: (context) => continueDunning(context, entry) }];
}

function expireCharge({ record }: BillingContext, { invoiceId, charge }: InvoiceEntry): readonly BillingEvent[] {
  if (!charge) return [];
  return [record('ChargeFailed', { chargeId: charge.chargeId, invoiceId, declineCode: 'expired', hard: false })];
}
