import type { Instant } from '@tallystick/domain/kernel';
import type { StopReason } from '@tallystick/contracts/ledger';

/** An organization with effects that are not carried out yet. The first one holds the others up. */
export interface PendingEffectsItem {
  readonly organizationId: string;
  readonly pending: number;
  readonly next: {
    readonly id: string;
    /** Such as `apply-plan-payment`. */
    readonly type: string;
    /** Time of the event that leads to it. */
    readonly since: Instant;
  };
}

/** A stream of billing that a fault has stopped. The others go on. */
export interface StoppedBillingStream {
  /** `subscription-…` or `invoice-…` */
  readonly stream: string;
  readonly why: string;
  readonly stopped?: StopReason;
  readonly since: Instant;
  /** Messages among the dead letters. */
  readonly waiting: number;
}

export interface ReleasedBillingStream {
  readonly stream: string;
  readonly state: 'running';
  /** Messages decided by the release. */
  readonly decided: number;
}
