import type { Unit } from '../catalog';

/** What a producer says a job used, before (estimate) or after (actual). Values come from outside: trust no type here. */
export interface Usage {
  readonly pages?: number;
  readonly files?: readonly UsageFile[];
}

export interface UsageFile {
  readonly type: string;
  readonly pages?: number;
  readonly name?: string;
}

export interface JobSpec {
  readonly operation?: string;
  readonly usage?: Usage;
  readonly features?: readonly string[];
}

/** How a job's credits come about; recorded in the reservation: credits = units × (unitCredits + surcharges). */
export interface Rating {
  readonly catalog: string;
  readonly operation: string;
  readonly unit: Unit;
  readonly units: number;
  readonly unitCredits: number;
  readonly surcharges: readonly RatingSurcharge[];
  readonly credits: number;
}

export interface RatingSurcharge {
  /** The surcharge's id in the catalog: several features may share one. */
  readonly feature: string;
  readonly unitCredits: number;
}

export interface FieldProblem {
  readonly field: string;
  readonly rule: string;
  readonly message: string;
}

export type Rated =
  | { readonly ok: true; readonly rating: Rating }
  /** `code`: where the job is larger than the catalog takes. */
  | {
      readonly ok: false;
      readonly problems: readonly FieldProblem[];
      readonly code?: 'too_many_pages' | 'too_many_credits';
    };
