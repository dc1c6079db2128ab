import type { Catalog } from '@tallystick/domain/catalog';
import type { Instant } from '@tallystick/domain/kernel';

/** The catalog and the settings on which decisions depend in addition to the stream. */
export interface BillingPolicy {
  /** The current catalog. */
  readonly catalog: Catalog;
  /** The catalog that was in force at an instant: a renewal has the prices of its own time. */
  catalogAt(at: Instant): Catalog;
  /** In `test`, numbers of invoices begin with `TEST-`. */
  readonly mode: 'live' | 'test';
  /** Days after which a manual invoice is past due, unless the organization has its own. */
  readonly paymentTermsDays: number;
  /** Minutes for which the offer of a change can be confirmed. */
  readonly offerMinutes: number;
  /** Hours for which a charge may be processing or wait for the customer. Later, it counts as failed. */
  readonly confirmationHours: number;
}

export const BILLING_DEFAULTS = { paymentTermsDays: 14, offerMinutes: 10, confirmationHours: 24 } as const;
