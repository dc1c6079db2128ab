import type { Unit } from '../catalog';

/** The usage of a job as its producer reports it: an estimate before, the actual usage after it. Input may have other types. */
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

/** The calculation of a job's credits, as recorded in its reservation: credits = units × (unitCredits + surcharges). */
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
  /** The surcharge's id in the catalog. Several features may share one. */
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
  /** `code` is set if the job exceeds a maximum of the catalog. */
  | {
      readonly ok: false;
      readonly problems: readonly FieldProblem[];
      readonly code?: 'too_many_pages' | 'too_many_credits';
    };
