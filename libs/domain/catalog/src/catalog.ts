import type { Money } from '@tallystick/domain/kernel';

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
  readonly upgrade: Upgrade;
  /** Hours for which the rest of a package stays usable while its renewal is being paid. */
  readonly renewalGraceHours: number;
  readonly dunning: Dunning;
  readonly afterDunning: AfterDunning;
  /** The issuer of invoices. Without it, nothing can be sold. */
  readonly seller?: Seller;
  /** The start of the numbers of invoices. */
  readonly invoicePrefix?: string;
  readonly tax: TaxRules;
  readonly minimumCharge: MinimumCharges;
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
  /** Once per card, too: another organization with the same card does not get it. */
  readonly oncePerCard: boolean;
}

export interface Currency {
  readonly code: string;
  /** Decimals of the minor unit: 2 for cents. */
  readonly digits: number;
  readonly taxIncluded: boolean;
}

export interface Price extends Money {
  readonly taxIncluded: boolean;
}

/** One month, or a number of days. */
export interface PlanPeriod {
  readonly unit: 'month' | 'day';
  readonly length: number;
}

/** How long the package of a plan lasts if it does not end with the billing period. */
export interface PlanTerm {
  readonly days: number;
  /** The time of the payment, as the payment provider reports it. */
  readonly from: 'payment';
}

export interface Plan {
  readonly id: string;
  readonly name: string;
  /** Credits of the package that is granted each period. */
  readonly credits: number;
  readonly period: PlanPeriod;
  readonly term?: PlanTerm;
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

export const UPGRADES = ['prorate', 'full'] as const;
/** `prorate`: the rest of the period at the new price. `full`: the full price, with a new period from the payment. */
export type Upgrade = (typeof UPGRADES)[number];

export const AFTER_DUNNING = ['suspend', 'continue'] as const;
/** The end of pay-as-you-go and overage of which an invoice stays unpaid after the last attempt: jobs that need them are refused, or not. */
export type AfterDunning = (typeof AFTER_DUNNING)[number];

export interface Seller {
  readonly name: string;
  /** One line or several. */
  readonly address: string;
  /** ISO 3166-1: `DE`. */
  readonly country: string;
  readonly vatId?: string;
  /** The entry in the commercial register. */
  readonly register?: string;
  readonly email?: string;
  readonly footer?: string;
}

export const REVERSE_CHARGE = ['keepGross', 'net'] as const;
/** The price under reverse charge, if it includes tax: the printed amount, or that amount without its tax. */
export type ReverseCharge = (typeof REVERSE_CHARGE)[number];

export interface TaxRules {
  /** The country in which the seller is taxed. Absent if the catalog has no rates. */
  readonly seller?: string;
  /** Percentages as decimal text, by country of the buyer: `{ DE: "19" }`. */
  readonly rates: ReadonlyMap<string, string>;
  readonly reverseCharge: ReverseCharge;
}

/** The least amount that is invoiced, in minor units by currency. Has every currency of the catalog. */
export type MinimumCharges = ReadonlyMap<string, number>;

export interface Links {
  readonly billingUrl: string;
  readonly refundPolicyUrl?: string;
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
