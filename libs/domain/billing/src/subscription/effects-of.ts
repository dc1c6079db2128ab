import { DAY, HOUR, instantOf, millisecondsOf, plusMilliseconds, type Instant } from '@tallystick/domain/kernel';
import { grantIdOf, grantingLine, lineIdOf, type InvoiceLine } from '../money/lines';
import type { FinalInvoice } from '../invoice/events';
import type { BillingEffect, PackageOfPayment } from './effects';
import type { BillingEvent, BillingEventType, BillingFacts, SoldTerms } from './events';
import { isSettled, type BillingAccount, type InvoiceEntry, type RunningSubscription } from './state';

type EffectsOf = {
  readonly [Type in BillingEventType]?: (
    account: BillingAccount,
    data: BillingFacts[Type],
    at: Instant,
  ) => readonly BillingEffect[];
};

/** The effects of an event on an account, which is not yet changed by it. */
export function effectsOf(account: BillingAccount, event: BillingEvent): readonly BillingEffect[] {
  const effects = EFFECTS[event.type] as
    ((account: BillingAccount, data: BillingEvent['data'], at: Instant) => readonly BillingEffect[]) | undefined;
  return effects?.(account, event.data, event.metadata.recordedAt) ?? [];
}

const EFFECTS: EffectsOf = {
  PaymentMethodSet: (account, method) => {
    const termsDays = method.kind === 'manual' ? method.termsDays : undefined;
    return account.subscription?.cancelsAt === undefined ? graces(account, termsDays) : [];
  },
  OverageChosen: (_, { overage }) => [{ type: 'set-overage', overage }],

  DowngradeScheduled: (_, { plan, at }) => [{ type: 'schedule-plan', plan, at }],
  DowngradeWithdrawn: () => [{ type: 'schedule-plan' }],
  CancellationScheduled: ({ subscription }, { at }, now) => [
    { type: 'schedule-plan', at },
    ...noGrace(subscription, now),
  ],
  CancellationWithdrawn: (account) => [{ type: 'schedule-plan' }, ...graces(account, account.manual?.termsDays)],
  SubscriptionEnded: ({ subscription }, { at }, now) =>
    // The ledger ends a cancelled subscription by its own schedule.
    subscription === undefined || subscription.cancelsAt === at
      ? []
      : [{ type: 'schedule-plan', at }, ...endings(subscription, now)],

  LinesCarried: (account, { invoiceId }, at) => {
    const entry = account.entries[invoiceId];
    return entry ? sold(account, entry, at) : [];
  },
  InvoiceNumbered: (account, numbered) => {
    const entry = account.entries[numbered.invoiceId];
    return entry ? [{ type: 'finalize-invoice', invoice: finalInvoice(account, entry, numbered) }] : [];
  },
  InvoiceStatusChanged: (account, { invoiceId, status, reason }, at) => {
    const changed: BillingEffect = {
      type: 'change-status',
      invoiceId,
      status,
      ...(reason !== undefined && { reason }),
    };
    if (status !== 'past_due' || account.renewal?.invoiceId !== invoiceId) return [changed];
    const stopped: BillingEffect[] = account.overage === 'auto' ? [{ type: 'set-overage', overage: 'none' }] : [];
    return [changed, ...endings(account.subscription, at), ...stopped];
  },
  PaymentReceived: (account, { invoiceId, reason: _, requestId: __, ...payment }) => {
    const entry = account.entries[invoiceId];
    if (!entry) return [];
    const recorded: BillingEffect = { type: 'record-payment', invoiceId, payment };
    const isPaid = isSettled({ ...entry, paid: entry.paid + payment.amount });
    return [recorded, ...(isPaid ? sold(account, entry, payment.providerTime ?? payment.paidAt) : [])];
  },
  CreditNoteNumbered: (account, { invoiceId, requestId: _, ...creditNote }, at) => {
    const entry = account.entries[invoiceId];
    if (!entry) return [];
    const issued: BillingEffect = { type: 'issue-credit-note', invoiceId, creditNote };
    const gross = entry.credited.gross + creditNote.gross;
    const isPaid = gross < entry.gross && isSettled({ ...entry, credited: { ...entry.credited, gross } });
    return [issued, ...(isPaid ? sold(account, entry, at) : [])];
  },
};

function finalInvoice(
  account: BillingAccount,
  { cause, provider, taxIncluded, lines = [], period }: InvoiceEntry,
  numbered: BillingFacts['InvoiceNumbered'],
): FinalInvoice {
  const { organizationId, currency } = account;
  return {
    ...numbered,
    ...{ organizationId, cause, provider, currency, taxIncluded, lines },
    ...(period && { period }),
  };
}

/** The calls of the ledger for an invoice or draft that counts as paid at `paidAt`. */
function sold(account: BillingAccount, entry: InvoiceEntry, paidAt: Instant): readonly BillingEffect[] {
  const { invoiceId, lines = [] } = entry;
  const index = grantingLine(lines);
  const line = lines[index];
  if (!line) return [];
  const invoiceLineId = lineIdOf(invoiceId, index);
  const paid = { amount: priceOf(lines), currency: account.currency };
  const { purchase, upgrade, renewal } = account;
  if (purchase?.invoiceId === invoiceId)
    return [planPayment(account, invoiceLineId, purchase.terms, 'new', packageOf(line, purchase.terms, paidAt), paid)];
  if (upgrade?.invoiceId === invoiceId) return upgraded(account, invoiceLineId, line, paidAt, paid);
  if (renewal?.invoiceId === invoiceId) {
    const ends = renewal.terms.termDays === undefined ? { at: renewal.period.end } : undefined;
    const package_ = packageOf(line, renewal.terms, paidAt, ends);
    const restored: BillingEffect[] = account.isOverageStopped
      ? [{ type: 'set-overage', overage: account.overage }]
      : [];
    return [planPayment(account, invoiceLineId, renewal.terms, 'keep', package_, paid), ...restored];
  }
  if (entry.cause !== 'top-up') return [];
  const grantId = grantIdOf(invoiceLineId);
  return [{ type: 'grant-sold', grantId, kind: 'top-up', credits: line.credits ?? 0, paid, reason: line.description }];
}

function upgraded(
  account: BillingAccount,
  invoiceLineId: string,
  line: InvoiceLine,
  paidAt: Instant,
  paid: PackageOfPayment['paid'],
): readonly BillingEffect[] {
  const { terms, anchor } = account.upgrade!;
  if (anchor === 'new')
    return [planPayment(account, invoiceLineId, terms, 'new', packageOf(line, terms, paidAt), paid)];
  const { subscription } = account;
  const ends = subscription && { at: subscription.period.end };
  // A plan payment ends the grace of all other packages. Those of this period are still to be renewed.
  return [
    planPayment(account, invoiceLineId, terms, 'keep', packageOf(line, terms, paidAt, ends), paid),
    ...graces(account, account.manual?.termsDays),
  ];
}

type PackageTerms = Pick<PackageOfPayment, 'credits' | 'ends'>;

function packageOf(
  { credits = 0 }: InvoiceLine,
  { termDays }: SoldTerms,
  paidAt: Instant,
  ends?: { readonly at: Instant },
): PackageTerms {
  if (ends) return { credits, ends };
  return {
    credits,
    ends: termDays === undefined ? { period: true } : { at: instantOf(millisecondsOf(paidAt) + termDays * DAY) },
  };
}

function planPayment(
  account: BillingAccount,
  invoiceLineId: string,
  terms: SoldTerms,
  anchor: 'keep' | 'new',
  package_: PackageTerms,
  paid: PackageOfPayment['paid'],
): BillingEffect {
  const { plan, graceHours } = terms;
  const isRenewed = anchor === 'new' || account.upgrade !== undefined || account.subscription?.cancelsAt === undefined;
  const graceMilliseconds = graceOf(account.manual?.termsDays, graceHours);
  const grant: PackageOfPayment = {
    grantId: grantIdOf(invoiceLineId),
    ...package_,
    ...(isRenewed && { graceMilliseconds }),
    paid,
  };
  return {
    ...{ type: 'apply-plan-payment', invoiceLineId, plan, anchor, endGrants: [] },
    ...(grant.credits > 0 && { grant }),
  };
}

/** Money for the plan itself: other lines are for something else. */
const priceOf = (lines: readonly InvoiceLine[]): number =>
  lines.reduce((sum, { kind, amount }) => (kind === 'carried' || kind === 'usage' ? sum : sum + amount), 0);

const graceOf = (termsDays: number | undefined, graceHours: number): number =>
  termsDays === undefined ? graceHours * HOUR : termsDays * DAY;

/** Grace for the packages that are to be renewed: until their renewal has failed. */
function graces({ subscription }: BillingAccount, termsDays: number | undefined): readonly BillingEffect[] {
  if (subscription?.terms === undefined) return [];
  const milliseconds = graceOf(termsDays, subscription.terms.graceHours);
  const ends = [...new Set(subscription.grants.map(({ expiresAt }) => expiresAt))];
  return ends.map((end) => ({
    type: 'set-grace',
    grantIds: subscription.grants.filter(({ expiresAt }) => expiresAt === end).map(({ grantId }) => grantId),
    graceUntil: plusMilliseconds(end, milliseconds),
  }));
}

function noGrace(subscription: RunningSubscription | undefined, now: Instant): readonly BillingEffect[] {
  const grantIds = (subscription?.grants ?? [])
    .filter(({ expiresAt }) => expiresAt > now)
    .map(({ grantId }) => grantId);
  return grantIds.length > 0 ? [{ type: 'set-grace', grantIds }] : [];
}

/** The renewal has failed, or there is none: packages past their end expire, the others at their end. */
function endings(subscription: RunningSubscription | undefined, now: Instant): readonly BillingEffect[] {
  const grantIds = (subscription?.grants ?? [])
    .filter(({ expiresAt }) => expiresAt <= now)
    .map(({ grantId }) => grantId);
  const ended: BillingEffect[] = grantIds.length > 0 ? [{ type: 'end-grants', grantIds }] : [];
  return [...ended, ...noGrace(subscription, now)];
}
