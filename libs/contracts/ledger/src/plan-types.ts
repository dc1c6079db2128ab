import type { Instant, Period } from '@tallystick/domain/kernel';
import type { Refused, Unavailable } from './ledger-types';
import type { AmountPaid, OverageSetting } from './responses';

/** Commands of billing to the ledger. Each can be repeated: what was applied before moves nothing. */
interface BillingTrace {
  readonly organizationId: string;
  readonly actor?: string;
  readonly correlationId?: string;
  readonly causationId?: string;
}

/** A paid invoice line of a plan. It is applied once per `invoiceLineId`. */
export interface PlanPayment extends BillingTrace {
  readonly invoiceLineId: string;
  readonly plan: string;
  /** `new`: a period starts at the whole second of the decision. */
  readonly anchor: 'keep' | 'new';
  /** Grants that the package replaces. Those of the subscription that are past their end are ended in any case. */
  readonly endGrants: readonly string[];
  readonly grant?: PlanPackage;
}

/** The package of a plan payment. Without credits, nothing is granted. */
export interface PlanPackage {
  /** `invoice:{invoiceId}:{line}` */
  readonly grantId: string;
  readonly credits: number;
  readonly ends: { readonly period: true } | { readonly at: Instant };
  /** Time after its end for which it stays usable while the renewal is being paid. */
  readonly graceMilliseconds?: number;
  readonly paid?: AmountPaid;
}

/** Without a plan, the subscription ends at `at`. Without `at`, a scheduled change is cleared. A past `at` applies at once. */
export interface PlanSchedule extends BillingTrace {
  readonly at?: Instant;
  readonly plan?: string;
}

export interface GrantEnding extends BillingTrace {
  readonly grantId: string;
}

/** Without `grantIds`: of all live package grants of the subscription. Without `graceUntil`, they end at their `expiresAt`. */
export interface GrantGrace extends BillingTrace {
  readonly grantIds?: readonly string[];
  readonly graceUntil?: Instant;
}

/** Credits of a paid invoice line, such as a top-up. */
export interface SoldCredits extends BillingTrace {
  /** `invoice:{invoiceId}:{line}` */
  readonly grantId: string;
  readonly kind: 'package' | 'top-up' | 'promotional';
  readonly credits: number;
  readonly expiresAt?: Instant;
  readonly paid?: AmountPaid;
  readonly reason: string;
}

export interface OverageChange extends BillingTrace {
  readonly overage: OverageSetting;
}

export interface PlanApplied {
  readonly kind: 'plan-applied';
  readonly plan: string;
  /** Start of the first period of the subscription. */
  readonly anchor: Instant;
  /** The billing period that the plan was applied in. */
  readonly period: Period;
  /** Present where credits were granted. */
  readonly grantId?: string;
  readonly expiresAt?: Instant;
  /** Of the last event that the command stored. */
  readonly revision: number;
  readonly repeated: boolean;
}

export interface CommandDone {
  readonly kind: 'done';
  readonly revision: number;
  readonly repeated: boolean;
}

export type PlanReply = PlanApplied | Refused | Unavailable;
export type CommandReply = CommandDone | Refused | Unavailable;

/** The plan, periods and packages of an organization, read from its stream instead of a view that may be behind. */
export interface LedgerTerms {
  /** False for an organization that was not opened. Other members are then empty. */
  readonly exists: boolean;
  readonly currency: string;
  /** Absent: the default plan of the catalog. */
  readonly plan?: string;
  /** Absent without a plan: periods are calendar months. */
  readonly anchor?: Instant;
  /** The current billing period. Absent where the organization does not exist. */
  readonly period?: Period;
  readonly scheduled?: { readonly at: Instant; readonly plan?: string };
  readonly overage: OverageSetting;
  /** Package grants of paid invoices that hold credits, the earliest first. */
  readonly packageGrants: readonly PackageState[];
  readonly revision: number;
}

export interface PackageState {
  readonly grantId: string;
  readonly credits: number;
  readonly available: number;
  readonly reserved: number;
  readonly consumed: number;
  readonly expiresAt: Instant;
  readonly graceUntil?: Instant;
  readonly paid?: AmountPaid;
}

/** A grant of a paid invoice line, whether it still holds credits or not. */
export interface SoldGrant {
  readonly grantId: string;
  readonly kind: string;
  readonly credits: number;
  readonly expiresAt?: Instant;
  readonly paid?: AmountPaid;
  readonly revision: number;
}
