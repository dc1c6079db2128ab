import type { Anchor, Instant, Period } from '@tallystick/domain/kernel';
import type { InvoiceLine } from '../money/lines';
import type { PendingEffect } from './effects';
import type {
  EndReason,
  InvoiceCause,
  InvoiceStatus,
  OverageChoice,
  PaymentProviderKind,
  SoldTerms,
  TaxedTotals,
} from './events';

/** A subscription that is paid for, or was adopted. */
export interface RunningSubscription {
  /** Absent for a plan that was adopted: nothing is known of its price. */
  terms?: SoldTerms;
  readonly plan: string;
  anchor: Anchor;
  /** The last period that is paid. */
  period: Period;
  cancelsAt?: Instant;
  downgrade?: { readonly changeId: string; readonly plan: string; readonly at: Instant };
  /** The package grants of this subscription that may still have credits. */
  grants: readonly { readonly grantId: string; readonly expiresAt: Instant }[];
}

/** A first purchase whose plan has not started. `isPaid` until the ledger has applied it. */
export interface PendingSubscribe {
  readonly invoiceId: string;
  readonly terms: SoldTerms;
  isPaid?: true;
}

export interface PendingUpgrade {
  readonly changeId: string;
  readonly invoiceId: string;
  readonly terms: SoldTerms;
  readonly anchor: 'keep' | 'new';
  /** Set until the ledger has applied it. */
  isPaid?: true;
}

/** A period that began and is not paid. */
export interface PendingRenewal {
  readonly period: Period;
  readonly terms: SoldTerms;
  /** Set when the invoice is drafted. */
  invoiceId?: string;
}

export interface OpenCharge {
  readonly chargeId: string;
  readonly attempt: number;
  readonly amount: number;
  status: 'requested' | 'action_required';
  expiresAt: Instant;
  url?: string;
}

/** An invoice or draft of the organization. The document itself is the stream `invoice-{invoiceId}`. */
export interface InvoiceEntry {
  readonly invoiceId: string;
  number?: string;
  readonly cause: InvoiceCause;
  readonly provider: PaymentProviderKind;
  readonly taxIncluded: boolean;
  readonly catalog: string;
  status: InvoiceStatus;
  period?: Period;
  draftedAt: Instant;
  issuedAt?: Instant;
  dueAt?: Instant;
  net: number;
  tax: number;
  gross: number;
  taxRate?: string;
  reverseCharge?: boolean;
  /** Money received. */
  paid: number;
  /** Number of payments. */
  payments: number;
  /** Sums of the credit notes. */
  credited: { net: number; tax: number; gross: number };
  /** While the invoice can still be paid. */
  lines?: readonly InvoiceLine[];
  charge?: OpenCharge;
  /** Number of charges. */
  attempts: number;
  lastAttemptAt?: Instant;
  /** Of a past due invoice: the times of the attempts after the first failure. */
  retryAt?: readonly Instant[];
  /** Charges whose money arrived, to recognize a repeated message. */
  endedCharges?: readonly string[];
}

/** The result of a request of an operator, for its repetition. */
export interface RememberedRequest {
  readonly requestId: string;
  readonly invoiceId: string;
  /** The payment or credit note. */
  readonly documentId: string;
  /** Of the credit note. */
  readonly number?: string;
  readonly totals: TaxedTotals;
}

/** The state that decisions about the money of one organization depend on. Plain JSON. */
export interface BillingAccount {
  opened: boolean;
  /** The stream belongs to another program, so it cannot be opened. */
  taken: boolean;
  organizationId: string;
  currency: string;
  /** Time of the last event. Decisions are never earlier. */
  now: Instant;
  billingFrom?: Instant;
  /** Set if an operator records the payments. */
  manual?: { readonly termsDays: number };
  hasCard: boolean;
  /** The payment method that was added last. */
  card?: string;
  /** The card was declined for good. A new card ends it. */
  isCardRefused: boolean;
  details: { readonly country?: string; readonly hasVatId: boolean; readonly hash?: string };
  isReviewed: boolean;
  overage: OverageChoice;
  /** Auto overage is off while a renewal is past due. */
  isOverageStopped: boolean;
  prefix?: string;
  /** Number of drafts, numbered invoices and credit notes so far. */
  drafts: number;
  invoices: number;
  creditNotes: number;
  subscription?: RunningSubscription;
  /** The subscription that ended last. */
  ended?: { readonly plan: string; readonly at: Instant; readonly reason: EndReason };
  purchase?: PendingSubscribe;
  upgrade?: PendingUpgrade;
  renewal?: PendingRenewal;
  lastClose?: { readonly start: Instant; readonly end: Instant; readonly revision: number };
  /** Lines that wait for the next invoice. */
  carried: readonly InvoiceLine[];
  /** By id, in the order of the drafts. */
  entries: Record<string, InvoiceEntry>;
  effects: readonly PendingEffect[];
  /** The last ones only. */
  requests: readonly RememberedRequest[];
  /** Revision of the last event that an offer of a change depends on. */
  termsRevision: number;
}

export const initialAccount = (): BillingAccount => ({
  opened: false,
  taken: false,
  organizationId: '',
  currency: '',
  now: '',
  hasCard: false,
  isCardRefused: false,
  details: { hasVatId: false },
  isReviewed: false,
  overage: 'none',
  isOverageStopped: false,
  drafts: 0,
  invoices: 0,
  creditNotes: 0,
  carried: [],
  entries: {},
  effects: [],
  requests: [],
  termsRevision: -1,
});

/** How the next invoice is paid. */
export const methodOf = ({ manual, hasCard }: BillingAccount): 'manual' | 'card' | 'none' =>
  manual ? 'manual' : hasCard ? 'card' : 'none';

/** That is still to be paid. */
export const dueOf = ({ status, gross, paid, credited }: InvoiceEntry): number =>
  status === 'void' || status === 'written_off' ? 0 : Math.max(0, gross - paid - credited.gross);

/** As `dueOf`, also of an invoice that was written off. */
export const outstandingOf = ({ gross, paid, credited }: InvoiceEntry): number => gross - paid - credited.gross;

/** True for an invoice that was to be paid and is covered by payments and credit notes. */
export const isSettled = ({ status, gross, paid, credited }: InvoiceEntry): boolean =>
  status !== 'draft' && status !== 'void' && status !== 'paid' && paid + credited.gross >= gross;

/** By number or id. */
export const findEntry = ({ entries }: BillingAccount, invoice: string): InvoiceEntry | undefined =>
  Object.hasOwn(entries, invoice) ? entries[invoice] : Object.values(entries).find(({ number }) => number === invoice);
