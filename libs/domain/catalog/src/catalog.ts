/** The offers and rules of one vendor, read from one YAML file. Immutable. */
export interface Catalog {
  readonly id: string;
  readonly version: string;
  /** `id@version`, as recorded in reservations. */
  readonly reference: string;
  readonly effectiveAt: string;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly defaultOperation?: string;
  /** If empty, any file type is accepted, with the pages that the producer reports. */
  readonly fileTypes: readonly FileType[];
  /** Has every kind exactly once. Within a kind: earliest expiry, then oldest, then id. */
  readonly burnDownOrder: readonly GrantKind[];
  readonly reservationTimeoutSeconds: number;
  readonly maxCreditsPerJob: number;
  /** Maximum sum over all files of a job, at submission and at completion. */
  readonly maxPagesPerJob: number;
  readonly trials: readonly Trial[];
  readonly currencies: ReadonlyMap<string, Currency>;
  readonly plans: readonly Plan[];
  readonly defaultPlan?: string;
  readonly limits: ReadonlyMap<string, LimitDefinition>;
  readonly topUps: readonly TopUp[];
  readonly overage?: Overage;
  readonly moneyBackDays: number;
  readonly dunning: Dunning;
  readonly links: Links;
  readonly defaults: Defaults;
}

export const GRANT_KINDS = ['trial', 'package', 'top-up', 'promotional', 'pay-as-you-go'] as const;
export type GrantKind = (typeof GRANT_KINDS)[number];

export const UNITS = ['page', 'file', 'request'] as const;
export type Unit = (typeof UNITS)[number];

export interface Operation {
  readonly id: string;
  readonly name: string;
  readonly unit: Unit;
  /** Credits per unit, before surcharges. */
  readonly credits: number;
  readonly surcharges: readonly Surcharge[];
  /** Surcharge by feature. Several features of one surcharge are charged once. */
  readonly features: ReadonlyMap<string, Surcharge>;
  readonly maxFiles: number;
  /** Page rule by file type id or alias in lower case. If absent: any type, with the reported pages. */
  readonly pageRules?: ReadonlyMap<string, PageRule>;
  readonly reservationTimeoutSeconds: number;
}

export interface Surcharge {
  readonly id: string;
  /** Credits per unit. */
  readonly credits: number;
  readonly features: readonly string[];
}

/** `given`: the pages that the producer reports. A number: a fixed number of pages. */
export type PageRule = number | 'given';

export interface FileType {
  readonly id: string;
  readonly pages: PageRule;
  readonly aliases: readonly string[];
}

export type Trial = FirstUseTrial | FirstCardTrial;

/** Once per organization and operation, scoped to it, at the operation's first use. */
export interface FirstUseTrial {
  readonly on: 'first-use';
  readonly operation: string;
  readonly credits: number;
  readonly expiresOnPlan: boolean;
}

/** Once per organization, for any operation, when its first card is stored. */
export interface FirstCardTrial {
  readonly on: 'first-card';
  readonly credits: number;
  readonly expiresOnPlan: boolean;
}

export interface Currency {
  readonly code: string;
  /** Decimals of the minor unit: 2 for cents. */
  readonly digits: number;
  readonly taxIncluded: boolean;
}

export interface Price {
  readonly currency: string;
  /** Minor units. */
  readonly amount: number;
  readonly taxIncluded: boolean;
}

export interface PlanPeriod {
  readonly unit: 'month' | 'day';
  readonly length: number;
}

export interface Plan {
  readonly id: string;
  readonly name: string;
  /** Credits of the package that is granted each period. */
  readonly credits: number;
  readonly period: PlanPeriod;
  /** By currency. Empty if the plan is free. */
  readonly prices: ReadonlyMap<string, Price>;
  /** A limit that is not included does not apply to this plan. */
  readonly limits: ReadonlyMap<string, number>;
}

export interface TopUp {
  readonly id: string;
  readonly name: string;
  readonly credits: number;
  readonly prices: ReadonlyMap<string, Price>;
}

export interface LimitDefinition {
  readonly id: string;
  readonly scope: 'organization' | 'project';
  /** A counter adds up within a billing period; a gauge is the latest value reported. */
  readonly kind: 'counter' | 'gauge';
  readonly per?: 'period';
  /** Counted by reservations. If absent, internal services report the use. */
  readonly counts?: 'reservations';
  /** Jobs are refused when the reported use reaches the maximum. */
  readonly blocksJobs?: boolean;
  readonly unit?: string;
  readonly bytesPerUnit?: number;
}

export interface Overage {
  readonly payAsYouGo: boolean;
  readonly autoOverage: boolean;
  /** By currency. Without tiers in its currency, an organization cannot use pay-as-you-go or auto overage. */
  readonly tiers: ReadonlyMap<string, TierTable>;
  readonly limitPerPeriod: OverageLimit;
}

export interface OverageLimit {
  readonly start: number;
  readonly raisePercent: number;
  readonly max: number;
}

export interface TierTable {
  readonly currency: string;
  readonly digits: number;
  readonly tiers: readonly Tier[];
}

export interface Tier {
  /** The last credit of the tier. Absent on the last tier only. */
  readonly upTo?: number;
  /** Millionths of the currency's major unit for one credit: "0.0330" is 33,000. */
  readonly unitPrice: number;
}

export interface Dunning {
  /** Days after the first failure at which the payment is retried. */
  readonly retryAfterDays: readonly number[];
}

export interface Links {
  readonly billingUrl: string;
  readonly supportEmail?: string;
  readonly salesEmail?: string;
  readonly privacyEmail?: string;
}

export interface Defaults {
  /** With 0, details are deleted when the job ends. */
  readonly retentionDays: number;
  /** Maximum credits per project and billing period. If absent, there is no cap. */
  readonly budgetCap?: number;
  /** Available credits at which a low-balance alert is sent. */
  readonly alertThresholds: readonly number[];
  readonly currency?: string;
}
