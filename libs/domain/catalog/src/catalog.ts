/** What is sold and by which rules: one vendor's catalog, read from one YAML file, immutable once read. */
export interface Catalog {
  readonly id: string;
  readonly version: string;
  /** `id@version`: what a reservation keeps. */
  readonly reference: string;
  readonly effectiveAt: string;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly defaultOperation?: string;
  /** Empty: any file type is taken, its pages as the producer counts them. */
  readonly fileTypes: readonly FileType[];
  /** Every kind exactly once; within a kind: earliest expiry, then oldest, then id. */
  readonly burnDownOrder: readonly GrantKind[];
  readonly reservationTimeoutSeconds: number;
  readonly maxCreditsPerJob: number;
  /** Of all files of a job together, at submission and at completion. */
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
  /** Credits a unit, before surcharges. */
  readonly credits: number;
  readonly surcharges: readonly Surcharge[];
  /** Feature → the surcharge that it brings; features of one surcharge count once together. */
  readonly features: ReadonlyMap<string, Surcharge>;
  readonly maxFiles: number;
  /** File type id or alias, lower case → its page rule. Absent: any type, pages as given. */
  readonly pageRules?: ReadonlyMap<string, PageRule>;
  readonly reservationTimeoutSeconds: number;
}

export interface Surcharge {
  readonly id: string;
  /** Credits a unit. */
  readonly credits: number;
  readonly features: readonly string[];
}

/** `given`: the producer counts the pages; a number: that many, however long the file is. */
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

/** Once per organization, good for any operation, when its first card is on file. */
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
  /** The package granted each period; the pages' `maxCredits`. */
  readonly credits: number;
  readonly period: PlanPeriod;
  /** By currency; empty: free. */
  readonly prices: ReadonlyMap<string, Price>;
  /** A limit that is not here does not bind this plan. */
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
  /** Counted by reserving; absent: reported by internal services. */
  readonly counts?: 'reservations';
  /** A reported limit at whose maximum jobs are refused too, not only more of what it counts. */
  readonly blocksJobs?: boolean;
  readonly unit?: string;
  readonly bytesPerUnit?: number;
}

export interface Overage {
  readonly payAsYouGo: boolean;
  readonly autoOverage: boolean;
  /** By currency; a currency without tiers cannot choose pay-as-you-go or overage. */
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
  /** The last credit of the tier; absent on the last tier only. */
  readonly upTo?: number;
  /** Millionths of the currency's major unit for one credit: "0.0330" is 33,000. */
  readonly unitPrice: number;
}

export interface Dunning {
  /** Days after the first failure at which payment is tried again. */
  readonly retryAfterDays: readonly number[];
}

export interface Links {
  readonly billingUrl: string;
  readonly supportEmail?: string;
  readonly salesEmail?: string;
  readonly privacyEmail?: string;
}

export interface Defaults {
  /** 0: details are gone as soon as the job ends. */
  readonly retentionDays: number;
  /** Credits a project may use per billing period; absent: no cap. */
  readonly budgetCap?: number;
  /** Available credits at which a low-balance alert is sent. */
  readonly alertThresholds: readonly number[];
  readonly currency?: string;
}
