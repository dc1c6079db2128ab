import { BrokenInvariant, type Instant } from '@tallystick/domain/kernel';
import { grantingLine, lineIdOf, sumOfLines, type InvoiceLine } from '../money/lines';
import type { BillingEvent, BillingFacts, InvoiceStatus, TaxedTotals } from './events';
import { evolveBilling } from './evolve';
import { initialAccount, type BillingAccount } from './state';

interface AuditedInvoice {
  readonly lines: readonly InvoiceLine[];
  readonly taxIncluded: boolean;
  readonly cause: BillingFacts['InvoiceDrafted']['cause'];
  status: InvoiceStatus | 'carried' | 'dropped';
  totals: TaxedTotals;
  paid: number;
  credited: { net: number; tax: number; gross: number };
  attempts: number;
}

/** The state of an audit of one subscription stream. Each event is folded, and checked without the code that decides. */
export interface BillingAudit {
  account: BillingAccount;
  /** The next revision. */
  next: number;
  now: Instant;
  readonly invoices: Map<string, AuditedInvoice>;
  /** The last counts in numbers of invoices and credit notes. */
  readonly numbered: { invoices: number; creditNotes: number };
  /** Sum of the lines that wait for the next renewal. */
  waiting: number;
  /** Lines that the ledger applied. */
  readonly applied: Set<string>;
  /** Folding failed: later events are not checked. */
  isBroken: boolean;
}

export const newBillingAudit = (): BillingAudit => ({
  account: initialAccount(),
  next: 0,
  now: '',
  invoices: new Map(),
  numbered: { invoices: 0, creditNotes: 0 },
  waiting: 0,
  applied: new Set(),
  isBroken: false,
});

type Checks = { readonly [Type in BillingEvent['type']]?: (audit: BillingAudit, data: BillingFacts[Type]) => string[] };

/** Checks and folds the next stored event. Returns a description of each breach. */
export function auditBilling(audit: BillingAudit, event: BillingEvent, revision: number): string[] {
  if (audit.isBroken) return [];
  const gap = revision === audit.next ? [] : [`revision ${audit.next} is missing`];
  audit.next = revision + 1;
  const { recordedAt } = event.metadata;
  const time = recordedAt < audit.now ? ['it was recorded before the event that it follows'] : [];
  audit.now = recordedAt;
  const check = CHECKS[event.type] as ((audit: BillingAudit, data: BillingEvent['data']) => string[]) | undefined;
  const breaches = [...gap, ...time, ...(check?.(audit, event.data) ?? [])];
  try {
    audit.account = evolveBilling(audit.account, event, revision);
  } catch (error) {
    if (!(error instanceof BrokenInvariant)) throw error;
    audit.isBroken = true;
    return [...breaches, error.message];
  }
  return breaches;
}

/** From which statuses each decided status may follow. */
const BEFORE: Readonly<Record<BillingFacts['InvoiceStatusChanged']['status'], readonly string[]>> = {
  past_due: ['open'],
  void: ['open', 'past_due'],
  uncollectible: ['past_due', 'open'],
  written_off: ['uncollectible'],
};
const PAYABLE: readonly string[] = ['open', 'past_due', 'uncollectible', 'written_off'];

const CHECKS: Checks = {
  InvoiceDrafted: (audit, { invoiceId, lines, taxIncluded, cause }) => {
    const isTwice = audit.invoices.has(invoiceId);
    const totals = { net: 0, tax: 0, gross: 0 };
    audit.invoices.set(invoiceId, {
      ...{ lines, taxIncluded, cause, status: 'draft', totals, paid: 0, credited: { ...totals }, attempts: 0 },
    });
    return isTwice ? [`draft ${invoiceId} is made a second time`] : [];
  },
  DraftDropped: (audit, { invoiceId }) => move(audit, invoiceId, ['draft'], 'dropped'),
  LinesCarried: (audit, { invoiceId, lines }) => {
    const drafted = audit.invoices.get(invoiceId);
    const isWhole = lines.length === 0 || sumOfLines(lines) === sumOfLines(drafted?.lines ?? []);
    audit.waiting += sumOfLines(lines) - carriedOf(drafted);
    const lost = isWhole ? [] : [`the lines that ${invoiceId} leaves do not add up to its draft`];
    return [...lost, ...move(audit, invoiceId, ['draft'], 'carried')];
  },
  InvoiceNumbered: (audit, { invoiceId, number, ...totals }) => {
    const invoice = audit.invoices.get(invoiceId);
    const moved = move(audit, invoiceId, ['draft'], 'open');
    const follows = checkNumber(audit.numbered, 'invoices', number);
    if (!invoice) return [...moved, ...follows];
    invoice.totals = totals;
    const left = invoice.cause === 'renewal' ? audit.waiting - carriedOf(invoice) : 0;
    audit.waiting = invoice.cause === 'renewal' ? 0 : audit.waiting;
    const lost = left === 0 ? [] : [`${number}: ${left} of the lines that waited for it are missing`];
    return [...moved, ...follows, ...checkTotals(number, totals), ...checkBasis(invoice, number), ...lost];
  },
  InvoiceStatusChanged: (audit, { invoiceId, status }) => move(audit, invoiceId, BEFORE[status], status),
  ChargeRequested: (audit, { invoiceId, attempt, amount }) => {
    const invoice = audit.invoices.get(invoiceId);
    if (!invoice || !['open', 'past_due'].includes(invoice.status)) return [`${invoiceId} is charged and is not open`];
    const left = invoice.totals.gross - invoice.paid - invoice.credited.gross;
    invoice.attempts += 1;
    return [
      ...(attempt === invoice.attempts ? [] : [`${invoiceId}: attempt ${attempt} follows ${invoice.attempts - 1}`]),
      ...(amount === left ? [] : [`${invoiceId} is charged ${amount}, and ${left} is due`]),
    ];
  },
  PaymentReceived: (audit, { invoiceId, amount }) => {
    const invoice = audit.invoices.get(invoiceId);
    if (!invoice || !PAYABLE.includes(invoice.status)) return [`${invoiceId} is paid and is not open`];
    invoice.paid += amount;
    settle(invoice);
    return invoice.paid + invoice.credited.gross > invoice.totals.gross ? [`${invoiceId}: more than it is paid`] : [];
  },
  CreditNoteNumbered: (audit, { invoiceId, number, net, tax, gross }) => {
    const invoice = audit.invoices.get(invoiceId);
    const follows = [
      ...checkNumber(audit.numbered, 'creditNotes', number),
      ...checkTotals(number, { net, tax, gross }),
    ];
    if (!invoice || !(PAYABLE.includes(invoice.status) || invoice.status === 'paid'))
      return [...follows, `${number} credits ${invoiceId}, which is no open or paid invoice`];
    return [...follows, ...credit(invoice, number, { net, tax, gross })];
  },
  EffectCompleted: (audit, { effectId }) => checkOrder(audit, effectId),
  PlanPaymentApplied: (audit, { effectId, invoiceLineId }) => {
    const isTwice = audit.applied.has(invoiceLineId);
    audit.applied.add(invoiceLineId);
    return [
      ...checkOrder(audit, effectId),
      ...(isTwice ? [`line ${invoiceLineId} is applied a second time`] : []),
      ...(isPaidLine(audit, invoiceLineId) ? [] : [`line ${invoiceLineId} is applied and is not paid`]),
    ];
  },
  RenewalStarted: ({ account }, { period }) => {
    const end = account.subscription?.period.end;
    return period.start === end ? [] : [`the period from ${period.start} does not follow the one to ${end}`];
  },
};

const carriedOf = (invoice: AuditedInvoice | undefined): number =>
  sumOfLines((invoice?.lines ?? []).filter(({ kind }) => kind === 'carried'));

function move(audit: BillingAudit, invoiceId: string, from: readonly string[], to: AuditedInvoice['status']): string[] {
  const invoice = audit.invoices.get(invoiceId);
  if (!invoice) return [`${invoiceId} is ${to} and was never drafted`];
  const { status } = invoice;
  invoice.status = to;
  const isPaid = to === 'void' && invoice.paid > 0;
  return [
    ...(from.includes(status) ? [] : [`${invoiceId} is ${to} after it was ${status}`]),
    ...(isPaid ? [`${invoiceId} is void and has payments`] : []),
  ];
}

function checkNumber(counts: BillingAudit['numbered'], of: keyof BillingAudit['numbered'], number: string): string[] {
  const count = Number(/-(\d{6,})$/.exec(number)?.[1]);
  const expected = counts[of] + 1;
  counts[of] = expected;
  return count === expected ? [] : [`${number} is number ${count} of the organization, and ${expected} is next`];
}

const checkTotals = (number: string, { net, tax, gross }: TaxedTotals): string[] =>
  net + tax === gross && net >= 0 && tax >= 0 ? [] : [`${number}: net ${net} and tax ${tax} do not add up to ${gross}`];

/** The sum of the lines is net, or gross where prices include tax. Reverse charge may take the tax out of the price. */
function checkBasis({ lines, taxIncluded, totals }: AuditedInvoice, number: string): string[] {
  const sum = sumOfLines(lines);
  const basis = taxIncluded ? totals.gross : totals.net;
  return basis === sum || (totals.reverseCharge && basis < sum)
    ? []
    : [`${number}: its lines add up to ${sum}, not to ${basis}`];
}

function credit(invoice: AuditedInvoice, number: string, note: TaxedTotals): string[] {
  const { credited, totals } = invoice;
  for (const part of ['net', 'tax', 'gross'] as const) credited[part] += note[part];
  const isBeyond = (['net', 'tax', 'gross'] as const).some((part) => credited[part] > totals[part]);
  const isInexact = credited.gross === totals.gross && credited.tax !== totals.tax;
  settle(invoice);
  return [
    ...(isBeyond ? [`${number} credits more than its invoice has`] : []),
    ...(isInexact ? [`${number}: the credit notes over the whole invoice do not add up to its tax`] : []),
  ];
}

function settle(invoice: AuditedInvoice): void {
  if (invoice.paid + invoice.credited.gross >= invoice.totals.gross) invoice.status = 'paid';
}

const checkOrder = ({ account }: BillingAudit, effectId: string): string[] =>
  account.effects[0]?.id === effectId
    ? []
    : [`effect ${effectId} is completed before ${account.effects[0]?.id ?? 'it began'}`];

function isPaidLine({ invoices }: BillingAudit, invoiceLineId: string): boolean {
  const invoiceId = invoiceLineId.slice(0, invoiceLineId.lastIndexOf(':'));
  const invoice = invoices.get(invoiceId);
  if (!invoice || lineIdOf(invoiceId, grantingLine(invoice.lines)) !== invoiceLineId) return false;
  return (
    invoice.status === 'carried' || (invoice.paid > 0 && invoice.paid + invoice.credited.gross >= invoice.totals.gross)
  );
}
