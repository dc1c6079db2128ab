import type { BatchResponse, Page, ProblemResult } from '@tallystick/contracts/http';
import type { DrawReply, Ending, JobEnd, JobUsage, JobView, PreviewReply } from '@tallystick/contracts/ledger';
import type { Instant } from '@tallystick/domain/kernel';
import type { DETAILS_DELETED, JobDetails } from './details';

/** A submitted job: reserved, or settled by the outcome that arrived before it. Then the members of its end are present. */
export interface SubmissionResponse extends Partial<Omit<JobEnd, 'status'>> {
  readonly jobId: string;
  readonly status: 'reserved' | JobEnd['status'];
  readonly outcomeWasWaiting?: true;
  readonly credits: number;
  readonly draws: readonly DrawReply[];
  readonly revision: number;
}

/** `repeated`: the job was submitted before, and this is the same answer. */
export type SubmissionResult =
  (SubmissionResponse & { readonly httpStatus: 200 | 202; readonly repeated?: true }) | ProblemResult;

export type SubmissionBatchResponse = BatchResponse<SubmissionResult>;

/** The outcome of a job. `remembered`: it waits for the submission of its job. */
export interface OutcomeResponse {
  readonly jobId: string;
  readonly status: JobEnd['status'] | 'remembered';
  readonly consumed: number;
  readonly refunded: number;
  /** Absent where the outcome waits. */
  readonly writtenOff?: number;
  readonly revision: number;
  /** Another outcome came first and stays. */
  readonly contradicted?: true;
  readonly detail?: string;
}

export type OutcomeResult = (OutcomeResponse & { readonly httpStatus: 200 | 202 }) | ProblemResult;

export type OutcomeBatchResponse = BatchResponse<OutcomeResult>;

/** `expiresAt`: present where the reservation was extended. */
export interface HeartbeatResponse {
  readonly jobId: string;
  readonly status: JobView['status'] | 'awaiting';
  readonly expiresAt?: Instant;
  readonly revision: number;
}

export type JobItem = Omit<JobView, 'hasDetails'> & {
  /** Absent for a job without details. */
  readonly details?: JobDetails | typeof DETAILS_DELETED;
};

export type JobListResponse = Page<JobItem>;

/** A job of which only the outcome has arrived. */
export interface AwaitingJobResponse {
  readonly jobId: string;
  readonly organizationId: string;
  readonly projectId?: string;
  readonly status: 'awaiting';
  readonly state: 'awaiting';
  readonly outcome: Ending['outcome']['kind'];
  readonly usage?: JobUsage;
  readonly reason?: 'failed' | 'incomplete';
  readonly since: Instant;
  readonly until: Instant;
}

export type JobResponse = JobItem | AwaitingJobResponse;

export interface DetailsDeletedResponse {
  readonly jobId: string;
  readonly details: typeof DETAILS_DELETED;
}

/** `accepted`: the events of the request. */
export interface EventsAcceptedResponse {
  readonly accepted: number;
}

/** The cost of a job, and whether it would be accepted now. */
export type PreviewItem = Omit<PreviewReply, 'refusal'> & { readonly refusal?: ProblemResult };

export type PreviewResult = (PreviewItem & { readonly httpStatus: 200 }) | ProblemResult;

/** A batch is answered with `results`. */
export type PreviewResponse = PreviewItem | BatchResponse<PreviewResult>;

interface PriceItem {
  readonly currency: string;
  /** In minor units. */
  readonly amount: number;
  readonly taxIncluded: boolean;
}

interface SurchargeItem {
  readonly id: string;
  /** For each unit. */
  readonly credits: number;
  readonly features: readonly string[];
}

/** The running catalog. */
export interface CatalogResponse {
  readonly id: string;
  readonly version: string;
  /** `id@version` */
  readonly reference: string;
  readonly effectiveAt: string;
  readonly operations: readonly {
    readonly id: string;
    readonly name: string;
    readonly unit: 'page' | 'file' | 'request';
    /** For each unit, before surcharges. */
    readonly credits: number;
    readonly features?: readonly string[];
    readonly surcharges?: readonly SurchargeItem[];
    readonly maxFiles?: number;
    readonly reservationTimeoutSeconds: number;
  }[];
  readonly defaultOperation?: string;
  readonly fileTypes: readonly {
    readonly id: string;
    /** `given`: the producer counts the pages. */
    readonly pages: number | 'given';
    readonly aliases: readonly string[];
  }[];
  readonly maxCreditsPerJob: number;
  readonly maxPagesPerJob: number;
  readonly reservationTimeoutSeconds: number;
  readonly burnDownOrder: readonly string[];
  readonly trials: readonly {
    readonly on: 'first-use' | 'first-card';
    readonly operation?: string;
    readonly credits: number;
    readonly expiresOnPlan: boolean;
    /** Of a trial on the first card: another organization with the same card does not get it. */
    readonly oncePerCard?: boolean;
  }[];
  readonly currencies: readonly { readonly code: string; readonly digits: number; readonly taxIncluded: boolean }[];
  readonly plans: readonly {
    readonly id: string;
    readonly name: string;
    readonly credits: number;
    readonly period: { readonly unit: 'month' | 'day'; readonly length: number };
    /** How long the package lasts from its payment. Absent: until the end of the billing period. */
    readonly term?: { readonly days: number; readonly from: 'payment' };
    readonly prices: readonly PriceItem[];
    readonly limits: Readonly<Record<string, number>>;
  }[];
  readonly defaultPlan?: string;
  readonly limits: readonly {
    readonly id: string;
    readonly scope: 'organization' | 'project';
    readonly kind: 'counter' | 'gauge';
    readonly per?: 'period';
    readonly counts?: 'reservations';
    readonly blocksJobs?: boolean;
    readonly unit?: string;
    readonly bytesPerUnit?: number;
  }[];
  readonly topUps: readonly {
    readonly id: string;
    readonly name: string;
    readonly credits: number;
    readonly prices: readonly PriceItem[];
  }[];
  readonly overage?: {
    readonly payAsYouGo: boolean;
    readonly autoOverage: boolean;
    readonly tiers: readonly {
      readonly currency: string;
      /** `unitPrice` is a decimal text. */
      readonly tiers: readonly { readonly upTo?: number; readonly unitPrice: string }[];
    }[];
    readonly limitPerPeriod: { readonly start: number; readonly raisePercent: number; readonly max: number };
  };
  readonly moneyBackDays: number;
  /** `prorate`: an upgrade costs the difference for the rest of the period. `full`: the full price, with a new period. */
  readonly upgrade: 'prorate' | 'full';
  readonly dunning: { readonly retryAfterDays: readonly number[] };
  /** The issuer of invoices. Absent: nothing can be bought. */
  readonly seller?: {
    readonly name: string;
    readonly address: string;
    readonly country: string;
    readonly vatId?: string;
    readonly register?: string;
    readonly email?: string;
    readonly footer?: string;
  };
  readonly tax: {
    /** The country in which the seller is taxed. */
    readonly seller?: string;
    /** Percentages as decimal text, by country of the buyer. */
    readonly rates: Readonly<Record<string, string>>;
  };
  /** The least amount that is invoiced, by currency, in minor units. */
  readonly minimumCharge: readonly { readonly currency: string; readonly amount: number }[];
  readonly links: {
    readonly billingUrl: string;
    readonly refundPolicyUrl?: string;
    readonly supportEmail?: string;
    readonly salesEmail?: string;
    readonly privacyEmail?: string;
  };
  readonly defaults: {
    readonly retentionDays: number;
    readonly budgetCap?: number;
    readonly alertThresholds: readonly number[];
    readonly currency?: string;
  };
}
