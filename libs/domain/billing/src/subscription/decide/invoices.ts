import { refuse } from '../../refusals';
import type { BillingAnswer, BillingCommandOf, BillingDecision } from '../commands';
import type { BillingEvent, TaxedTotals } from '../events';
import { findEntry, type InvoiceEntry } from '../state';
import { isEntryRefusal, payable, wrongAmount } from './payments';
import { decided, refused, REPEATED, type BillingContext } from './recorder';
import { creditNote, endSubscription, lapsePurchase, lapseUpgrade, withdrawInvoice } from './sales';
import { chargeInProgress, unknownDraft } from './subscribe';

/** An operator takes an invoice back before anything is paid. The sale is given up: a renewal ends the subscription. */
export function voidInvoice(context: BillingContext, command: BillingCommandOf<'VoidInvoice'>): BillingDecision {
  if (findEntry(context.account, command.invoice)?.status === 'void') return REPEATED;
  const entry = payable(context, command.invoice);
  if (isEntryRefusal(entry)) return refused(entry);
  const { number, status, paid, credited } = entry;
  if (status !== 'open' && status !== 'past_due')
    return refused(refuse('invoice_not_open', `Invoice ${number} is ${status}. Issue a credit note instead.`));
  if (paid > 0 || credited.gross > 0)
    return refused(
      refuse(
        'invoice_has_payments',
        `Invoice ${number} has payments or credit notes. Issue a credit note for the rest.`,
      ),
    );
  const givenUp = giveUpSale(context, entry, command.reason);
  return decided(givenUp ?? withdrawInvoice(context, entry, command.reason));
}

/** The events that give up what the invoice sells, and withdraw the invoice. Undefined if it sells nothing that is pending. */
function giveUpSale(
  context: BillingContext,
  { invoiceId }: InvoiceEntry,
  reason: string,
): readonly BillingEvent[] | undefined {
  const { purchase, upgrade, renewal } = context.account;
  if (purchase?.invoiceId === invoiceId) return lapsePurchase(context, 'void', reason);
  if (upgrade?.invoiceId === invoiceId) return lapseUpgrade(context, 'void', reason);
  if (renewal?.invoiceId === invoiceId) return endSubscription(context, 'void', { note: reason });
  return undefined;
}

export function writeOffInvoice(
  context: BillingContext,
  command: BillingCommandOf<'WriteOffInvoice'>,
): BillingDecision {
  const entry = payable(context, command.invoice);
  if (isEntryRefusal(entry)) return refused(entry);
  const { invoiceId, number, status } = entry;
  if (status === 'written_off') return REPEATED;
  if (status !== 'uncollectible')
    return refused(
      refuse(
        'invoice_not_uncollectible',
        `Invoice ${number} is ${status}. It can be written off when its attempts have ended, or be made void.`,
      ),
    );
  const { reason } = command;
  return decided([context.record('InvoiceStatusChanged', { invoiceId, status: 'written_off', reason })]);
}

/** `amount` is in the basis of the invoice's prices. A note over a whole open invoice gives up what it sells. */
export function issueCreditNote(
  context: BillingContext,
  command: BillingCommandOf<'IssueCreditNote'>,
): BillingDecision {
  const { account } = context;
  const { requestId, amount, reason, invoice } = command;
  const known = requestId === undefined ? undefined : account.requests.find((one) => one.requestId === requestId);
  if (known) {
    const { invoiceId, documentId, number = '', totals } = known;
    return decided([], credited(invoiceId, documentId, number, totals, true));
  }
  const entry = findEntry(account, invoice);
  if (!entry || entry.status === 'draft' || entry.status === 'void') {
    const refusal = payable(context, invoice);
    if (isEntryRefusal(refusal)) return refused(refusal);
  }
  if (!entry) return REPEATED;
  if (entry.charge?.status === 'requested') return refused(chargeInProgress());
  const basis = entry.taxIncluded ? 'gross' : 'net';
  const wrong = wrongAmount(amount, entry[basis] - entry.credited[basis]);
  if (wrong) return refused(wrong);
  const isWhole = entry.status !== 'paid' && entry.credited[basis] + amount === entry[basis];
  const note = creditNote(context, entry, amount, reason, requestId);
  // The note covers the invoice, so that only the sale is given up.
  const givenUp = isWhole ? (giveUpSale(context, entry, reason) ?? []) : [];
  const events = [note, ...givenUp.filter(({ type }) => type === 'UpgradeLapsed' || type === 'SubscriptionEnded')];
  if (note.type !== 'CreditNoteNumbered') return decided(events);
  const { creditNoteId, number, ...totals } = note.data;
  return decided(events, credited(entry.invoiceId, creditNoteId, number, totals));
}

const credited = (
  invoiceId: string,
  creditNoteId: string,
  number: string,
  { net, tax, gross, taxRate, reverseCharge }: TaxedTotals,
  isRepeated = false,
): BillingAnswer => ({
  ...{ kind: 'credited', creditNoteId, number, invoiceId, net, tax, gross },
  ...(taxRate !== undefined && { taxRate }),
  ...(reverseCharge && { reverseCharge }),
  ...(isRepeated && { repeated: true }),
});

/** A draft that is not to become an invoice. The draft of a renewal is needed: cancelling the subscription drops it. */
export function dropDraft(context: BillingContext, command: BillingCommandOf<'DropDraft'>): BillingDecision {
  const { account, record } = context;
  const { invoiceId, reason } = command;
  const entry = account.entries[invoiceId];
  if (!entry) return refused(unknownDraft(invoiceId));
  if (entry.status !== 'draft')
    return refused(
      refuse('invoice_not_open', `Invoice ${entry.number} is not a draft any more. Make it void instead.`),
    );
  if (account.renewal?.invoiceId === invoiceId)
    return refused(refuse('draft_required', 'The draft is that of a renewal. Cancel the subscription to drop it.'));
  if (account.upgrade?.invoiceId === invoiceId) return decided(lapseUpgrade(context, 'withdrawn'));
  return decided([record('DraftDropped', { invoiceId, reason })]);
}
