import type { Instant } from '@tallystick/domain/kernel';
import type { CreditAmounts } from './organizations';

/** Money that was paid for credits, in minor units. */
export interface AmountPaid {
  readonly amount: number;
  readonly currency: string;
}

export interface GrantBalance extends CreditAmounts {
  readonly grantId: string;
  readonly kind: string;
  readonly grantedAt: Instant;
  readonly scope?: readonly string[];
  readonly expiresAt?: Instant;
  /** It stays usable until then while the renewal of its subscription is being paid. */
  readonly graceUntil?: Instant;
  /** The only job that may use the grant. */
  readonly jobId?: string;
  readonly ended?: 'expired' | 'revoked';
}

/** Totals of the organization, its live grants, and the sums of the ended ones. */
export interface BalanceResponse extends CreditAmounts {
  readonly organizationId: string;
  /** Available credits that any operation can draw. */
  readonly credits: number;
  readonly grants: readonly GrantBalance[];
  readonly ended: { readonly byKind: Readonly<Record<string, CreditAmounts>> };
  readonly revision: number;
  readonly asOf: Instant;
}

export interface GrantResponse {
  readonly organizationId: string;
  readonly grantId: string;
  readonly kind: string;
  readonly credits: number;
  readonly scope?: readonly string[];
  readonly expiresAt?: Instant;
  readonly graceUntil?: Instant;
  readonly paid?: AmountPaid;
  readonly reason: string;
  readonly jobId?: string;
  readonly revision: number;
}

/** A grant of the list. `payg:*` has the sums of all grants of single jobs. */
export interface GrantItem extends CreditAmounts {
  readonly grantId: string;
  readonly kind?: string;
  readonly state: 'live' | 'ended';
  /** Grants in this row. */
  readonly count: number;
  /** The same as `granted`. */
  readonly credits: number;
  readonly scope?: readonly string[];
  readonly expiresAt?: Instant;
  /** It stays usable until then while the renewal of its subscription is being paid. */
  readonly graceUntil?: Instant;
  readonly paid?: AmountPaid;
  readonly grantedAt?: Instant;
  readonly ended?: 'expired' | 'revoked';
  readonly revision?: number;
}

export interface GrantRevokedResponse {
  readonly organizationId: string;
  readonly grantId: string;
  readonly revision: number;
}

/** A movement of credits. Members that do not apply to its kind are null. */
export interface MovementItem {
  readonly revision: number;
  readonly kind: 'grant' | 'reserve' | 'consume' | 'refund' | 'expire' | 'revoke';
  readonly credits: number;
  readonly projectId: string | null;
  readonly apiKeyId: string | null;
  readonly operation: string | null;
  readonly jobId: string | null;
  readonly grantId: string | null;
  readonly reason: string | null;
  readonly occurredAt: Instant;
  readonly recordedAt: Instant;
  /** From the details of the job, while they are kept. */
  readonly reference?: string;
  /** Present where the details of the job were deleted. */
  readonly details?: 'details deleted';
}

/** Sums of one group. The members of the group are those of `groupBy`; null where a job has no such value. */
export interface UsageItem {
  readonly operation?: string | null;
  readonly projectId?: string | null;
  readonly apiKeyId?: string | null;
  readonly day?: string | null;
  readonly jobs: number;
  readonly reserved: number;
  readonly consumed: number;
  readonly refunded: number;
  readonly writtenOff: number;
  readonly overage: number;
}

/** An event of the stream. Records of other programs may have any data and metadata. */
export interface EventItem {
  readonly id: string;
  readonly revision: number;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
}
