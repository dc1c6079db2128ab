import { assertThat } from '@tallystick/domain/kernel';
import { sumOfLines } from '../money/lines';
import type { BillingFacts, SoldTerms } from './events';
import type { Folds } from './folds';
import {
  isSettled,
  type BillingAccount,
  type InvoiceEntry,
  type RememberedRequest,
  type RunningSubscription,
} from './state';

const MOST_REQUESTS = 100;

/** The events of drafts, invoices, charges and payments. */
export const FOLD_INVOICE = {
  InvoiceDrafted: (account, draft, at) => {
    const { invoiceId, cause, provider, taxIncluded, catalog, period, lines } = draft;
    account.drafts += 1;
    // Tax is decided when the invoice is made: until then a draft shows the sum of its lines.
    const sum = sumOfLines(lines);
    account.entries[invoiceId] = {
      ...{ invoiceId, cause, provider, taxIncluded, catalog, period, lines },
      ...{ status: 'draft', draftedAt: at, net: sum, tax: 0, gross: sum, paid: 0, payments: 0, attempts: 0 },
      credited: { net: 0, tax: 0, gross: 0 },
    };
    if (cause === 'renewal' && account.renewal) account.renewal.invoiceId = invoiceId;
  },
  DraftDropped: (account, { invoiceId }) => {
    delete account.entries[invoiceId];
    if (account.purchase?.invoiceId === invoiceId) account.purchase = undefined;
  },
  LinesCarried: (account, { invoiceId, lines }) => {
    // The draft of a renewal has the lines that waited for it.
    const waiting = account.entries[invoiceId]?.cause === 'renewal' ? [] : account.carried;
    delete account.entries[invoiceId];
    account.carried = [...waiting, ...lines];
    bought(account, invoiceId);
  },
  InvoiceNumbered: (account, numbered) => {
    const { invoiceId, number, issuedAt, dueAt, net, tax, gross, taxRate, reverseCharge } = numbered;
    const entry = entryOf(account, invoiceId);
    Object.assign(entry, { status: 'open', number, issuedAt, dueAt, net, tax, gross, taxRate, reverseCharge });
    account.invoices += 1;
    if (entry.cause === 'renewal') account.carried = [];
  },
  InvoiceStatusChanged: (account, { invoiceId, status, retryAt }) => {
    const entry = entryOf(account, invoiceId);
    entry.status = status;
    if (status === 'past_due') {
      entry.retryAt = retryAt ?? [];
      if (account.overage === 'auto') account.isOverageStopped = true;
      return;
    }
    close(entry);
    if (status === 'void' && account.purchase?.invoiceId === invoiceId) account.purchase = undefined;
  },
  ChargeRequested: (account, { invoiceId, chargeId, attempt, amount, expiresAt }, at) => {
    const entry = entryOf(account, invoiceId);
    entry.charge = { chargeId, attempt, amount, status: 'requested', expiresAt };
    entry.attempts = attempt;
    entry.lastAttemptAt = at;
  },
  ChargeActionRequired: (account, { invoiceId, url, expiresAt }) => {
    const { charge } = entryOf(account, invoiceId);
    if (charge) Object.assign(charge, { status: 'action_required', expiresAt, url });
  },
  ChargeFailed: (account, { invoiceId, chargeId, hard }) => {
    const entry = entryOf(account, invoiceId);
    if (entry.charge?.chargeId === chargeId) entry.charge = undefined;
    if (hard) account.isCardRefused = true;
  },
  PaymentReceived: (account, { invoiceId, paymentId, amount, provider, requestId }) => {
    const entry = entryOf(account, invoiceId);
    entry.paid += amount;
    entry.payments += 1;
    assertThat(entry.paid <= entry.gross, () => `invoice ${entry.number}: ${entry.paid} is paid, more than its gross`);
    if (entry.charge?.chargeId === paymentId) entry.charge = undefined;
    if (provider === 'card') noteMoney(account, invoiceId, paymentId);
    const totals = { net: amount, tax: 0, gross: amount };
    remember(account, { requestId, invoiceId, documentId: paymentId, totals });
    settle(account, entry);
  },
  RefundRequested: (account, { invoiceId, chargeId }) => noteMoney(account, invoiceId, chargeId),
  PaymentParked: (account, { invoiceId, chargeId }) => noteMoney(account, invoiceId, chargeId),
  CreditNoteNumbered: (account, { invoiceId, creditNoteId, number, requestId, reason: _, issuedAt: __, ...totals }) => {
    const entry = entryOf(account, invoiceId);
    const { net, tax, gross } = entry.credited;
    entry.credited = { net: net + totals.net, tax: tax + totals.tax, gross: gross + totals.gross };
    assertThat(entry.credited.gross <= entry.gross, () => `invoice ${entry.number}: more than its gross is credited`);
    account.creditNotes += 1;
    remember(account, { requestId, invoiceId, documentId: creditNoteId, number, totals });
    settle(account, entry);
  },
  TopUpSold: (account, { prefix, invoiceId, requestId }) => {
    account.prefix = prefix;
    remember(account, { requestId, invoiceId, documentId: invoiceId, totals: { net: 0, tax: 0, gross: 0 } });
  },
} satisfies Partial<Folds<keyof BillingFacts>>;

function entryOf({ entries }: BillingAccount, invoiceId: string): InvoiceEntry {
  const entry = entries[invoiceId];
  assertThat(entry !== undefined, () => `there is no draft or invoice ${invoiceId}`);
  return entry;
}

function noteMoney(account: BillingAccount, invoiceId: string, chargeId: string): void {
  const entry = account.entries[invoiceId];
  if (entry) entry.endedCharges = [...(entry.endedCharges ?? []), chargeId];
}

function remember(
  account: BillingAccount,
  { requestId, ...result }: Partial<RememberedRequest> & Omit<RememberedRequest, 'requestId'>,
): void {
  if (requestId === undefined) return;
  account.requests = [...account.requests, { requestId, ...result }].slice(-MOST_REQUESTS);
}

/** The invoice needs no further payment. What it sells counts, unless it was credited in full. */
function settle(account: BillingAccount, entry: InvoiceEntry): void {
  if (!isSettled(entry)) return;
  entry.status = 'paid';
  close(entry);
  if (entry.credited.gross < entry.gross) bought(account, entry.invoiceId);
  else if (account.purchase?.invoiceId === entry.invoiceId) account.purchase = undefined;
}

/** Its lines and its charge are not needed any more. */
function close(entry: InvoiceEntry): void {
  entry.lines = undefined;
  entry.charge = undefined;
}

/** The invoice or draft counts as paid. A prorated upgrade and a renewal count at once, a new period when the ledger has started it. */
function bought(account: BillingAccount, invoiceId: string): void {
  const { purchase, upgrade, renewal, subscription } = account;
  if (purchase?.invoiceId === invoiceId) purchase.isPaid = true;
  if (upgrade?.invoiceId === invoiceId) {
    upgrade.isPaid = true;
    if (upgrade.anchor === 'keep' && subscription) renew(subscription, upgrade.terms);
    if (subscription) Object.assign(subscription, { downgrade: undefined, cancelsAt: undefined });
  }
  if (renewal?.invoiceId === invoiceId && subscription) {
    renew(subscription, renewal.terms);
    Object.assign(subscription, { period: renewal.period, grants: [] });
    Object.assign(account, { renewal: undefined, isOverageStopped: false });
  }
}

const renew = (subscription: RunningSubscription, terms: SoldTerms): void =>
  void Object.assign(subscription, { terms, plan: terms.plan });
