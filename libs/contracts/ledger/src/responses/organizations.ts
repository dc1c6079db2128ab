import type { Instant, Period } from '@tallystick/domain/kernel';

/** Credits by place. granted = available + reserved + consumed + expired + revoked. */
export interface CreditAmounts {
  readonly granted: number;
  readonly available: number;
  readonly reserved: number;
  readonly consumed: number;
  readonly expired: number;
  readonly revoked: number;
}

export interface OrganizationSummary {
  readonly id: string;
  readonly name: string;
  readonly currency: string;
  readonly createdAt: Instant;
}

export interface TrialState {
  readonly operation?: string;
  readonly credits: number;
  readonly available: number;
  readonly state: 'to come' | 'running' | 'over';
}

export interface OrganizationResponse {
  readonly id: string;
  readonly name: string;
  readonly createdAt?: Instant;
  readonly currency: string;
  readonly plan: string | null;
  readonly billing: {
    /** Available credits that any operation can draw. */
    readonly credits: number;
    readonly reserved: number;
    readonly currency: string;
    readonly overage: OverageSetting;
    readonly period: Period;
    readonly trials: readonly TrialState[];
  };
  readonly revision: number;
}

export type OverageSetting = 'none' | 'auto' | 'pay-as-you-go';

export interface ProjectState {
  readonly organizationId: string;
  readonly projectId: string;
  readonly name?: string;
  /** Credits of one billing period; null without a cap. */
  readonly budgetCap: number | null;
  readonly used: number;
  readonly period: Period;
  readonly retentionDays?: number | 'off';
}

export interface ProjectResponse extends ProjectState {
  readonly revision: number;
}

export interface OrganizationSettingsResponse {
  readonly organizationId: string;
  readonly retentionDays: number | 'off';
  readonly projectRetentionDays: Readonly<Record<string, number | 'off'>>;
  readonly overage: OverageSetting;
  readonly autoOverage: boolean;
  readonly plan: string | null;
  readonly alertThresholds: readonly number[];
  readonly revision: number;
}

/** A key without its secret. */
export interface ApiKeyResponse {
  readonly keyId: string;
  readonly role: 'service' | 'project' | 'organization' | 'operator';
  readonly organizationId?: string;
  readonly projectId?: string;
  readonly name?: string;
  /** The last characters of the secret. */
  readonly ending: string;
  readonly createdAt: Instant;
  readonly rolledAt?: Instant;
  readonly revokedAt?: Instant;
}

/** `key` is the secret. It is shown once and stored hashed. */
export interface IssuedApiKeyResponse extends ApiKeyResponse {
  readonly key: string;
}

/** A key of an organization with its budget cap. */
export interface CappedApiKeyResponse extends ApiKeyResponse {
  readonly budgetCap: number | null;
  /** Credits used in this billing period. */
  readonly used: number;
}

export interface CreatedApiKeyResponse extends IssuedApiKeyResponse {
  readonly budgetCap: number | null;
}
