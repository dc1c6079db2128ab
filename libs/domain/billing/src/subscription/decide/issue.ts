import { DAY, HOUR, plusMilliseconds, type Period } from '@tallystick/domain/kernel';
import { chargeIdOf, draftIdOf, lineIdOf, sumOfLines, type InvoiceLine } from '../../money/lines';
import { invoiceNumber } from '../../money/numbers';
import { totalsOf } from '../../money/tax';
import type { BillingAnswer } from '../commands';
import type { BillingEvent, InvoiceCause, PaymentProviderKind, TaxedTotals } from '../events';
import { dueOf, methodOf, type BillingAccount, type InvoiceEntry } from '../state';
import type { BillingContext } from './recorder';

export interface DraftOfInvoice {
  readonly invoiceId: string;
  readonly cause: InvoiceCause;
  readonly provider: PaymentProviderKind;
  readonly taxIncluded: boolean;
  readonly lines: readonly InvoiceLine[];
  readonly period?: Period;
  readonly catalog: string;
}

export const nextDraftId = ({ organizationId, drafts }: BillingAccount): string =>
  draftIdOf(organizationId, drafts + 1);

export const totalsFor = ({ policy, account }: BillingContext, sum: number, taxIncluded: boolean): TaxedTotals =>
  totalsOf(policy.catalog.tax, sum, taxIncluded, account.details);

/** True if too little is due for an invoice: no payment provider takes it, and zero is not invoiced. */
export const isTooSmall = ({ policy, account }: BillingContext, gross: number): boolean =>
  gross <= 0 || gross < (policy.catalog.minimumCharge.get(account.currency) ?? 0);

/** The draft, and the invoice unless it waits for review or its lines wait for the next invoice. */
export function issue(context: BillingContext, draft: DraftOfInvoice): readonly BillingEvent[] {
  const { account, record } = context;
  const { invoiceId, lines, taxIncluded } = draft;
  const drafted = record('InvoiceDrafted', { ...draft, currency: account.currency });
  const { gross } = totalsFor(context, sumOfLines(lines), taxIncluded);
  if (isTooSmall(context, gross))
    return [drafted, record('LinesCarried', { invoiceId, lines: carried(invoiceId, lines) })];
  if (account.isReviewed) return [drafted];
  return [drafted, ...finalize(context, draft)];
}

/** Lines that add up to nothing do not wait. */
function carried(invoiceId: string, lines: readonly InvoiceLine[]): readonly InvoiceLine[] {
  if (sumOfLines(lines) === 0) return [];
  return lines.map(({ credits: _granted, ...line }, index) => ({
    ...line,
    kind: 'carried',
    carriedFrom: line.carriedFrom ?? lineIdOf(invoiceId, index),
  }));
}

/** The invoice of a draft: its number, its tax, and the first attempt to be paid. */
export function finalize(context: BillingContext, draft: DraftOfInvoice): readonly BillingEvent[] {
  const { invoiceId, provider, lines, taxIncluded, cause } = draft;
  const totals = totalsFor(context, sumOfLines(lines), taxIncluded);
  const numbered = numberInvoice(context, draft, totals);
  if (cause === 'top-up' || provider === 'manual') return [numbered];
  const charged = { invoiceId, cause, attempts: 0 };
  return methodOf(context.account) === 'none'
    ? [numbered, pastDue(context, invoiceId, 'no_payment_method')]
    : [numbered, requestCharge(context, charged, totals.gross)];
}

/** The first failure of a renewal. */
export function pastDue({ policy, at, record }: BillingContext, invoiceId: string, reason: string): BillingEvent {
  const retryAt = policy.catalog.dunning.retryAfterDays.map((days) => plusMilliseconds(at, days * DAY));
  return record('InvoiceStatusChanged', { invoiceId, status: 'past_due', reason, retryAt });
}

function numberInvoice(context: BillingContext, draft: DraftOfInvoice, totals: TaxedTotals): BillingEvent {
  const { policy, account, now, record } = context;
  const { invoiceId, provider, cause } = draft;
  const { country, hash } = account.details;
  const termsDays = account.manual?.termsDays ?? policy.paymentTermsDays;
  return record('InvoiceNumbered', {
    invoiceId,
    number: invoiceNumber(policy.mode, account.prefix ?? '', account.invoices + 1),
    issuedAt: now,
    ...(provider === 'manual' && cause !== 'top-up' && { dueAt: plusMilliseconds(now, termsDays * DAY) }),
    ...(country !== undefined && { country }),
    ...(hash !== undefined && { detailsHash: hash }),
    catalog: policy.catalog.reference,
    ...totals,
  });
}

export function requestCharge(
  { policy, account, now, record }: BillingContext,
  { invoiceId, attempts, cause }: Pick<InvoiceEntry, 'invoiceId' | 'attempts' | 'cause'>,
  amount: number,
): BillingEvent {
  const attempt = attempts + 1;
  // The rest of the last package is usable until the first attempt has failed.
  const graceHours = cause === 'renewal' && attempt === 1 ? account.renewal?.terms.graceHours : undefined;
  const expiresAt = plusMilliseconds(now, (graceHours ?? policy.confirmationHours) * HOUR);
  const chargeId = chargeIdOf(invoiceId, attempt);
  return record('ChargeRequested', { chargeId, invoiceId, attempt, amount, currency: account.currency, expiresAt });
}

/** The answer about an invoice that events have just made. */
export function invoiced(
  context: BillingContext,
  events: readonly BillingEvent[],
  more: { readonly plan?: string; readonly changeId?: string; readonly at?: string } = {},
): BillingAnswer {
  const { currency } = context.account;
  let invoiceId = '';
  let amount = 0;
  for (const { type, data } of events) {
    if (type === 'InvoiceDrafted') {
      invoiceId = data.invoiceId;
      amount = totalsFor(context, sumOfLines(data.lines), data.taxIncluded).gross;
    }
    if (type === 'LinesCarried')
      return { kind: 'invoiced', invoiceId, due: { amount: 0, currency }, carried: true, ...more };
    if (type === 'InvoiceNumbered')
      return {
        ...{ kind: 'invoiced', invoiceId: data.invoiceId, number: data.number },
        ...{ due: { amount: data.gross, currency }, ...more },
      };
  }
  return { kind: 'invoiced', invoiceId, due: { amount, currency }, ...more };
}

/** The answer about an invoice that was made before. */
export const invoicedBefore = (
  { currency }: BillingAccount,
  entry: InvoiceEntry,
  more: { readonly plan?: string; readonly changeId?: string; readonly at?: string } = {},
): BillingAnswer => ({
  ...{ kind: 'invoiced', invoiceId: entry.invoiceId, due: { amount: dueOf(entry), currency }, repeated: true },
  ...(entry.number !== undefined && { number: entry.number }),
  ...more,
});
