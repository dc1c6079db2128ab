import { DAY } from '@tallystick/domain/kernel';
import type { Catalog } from '@tallystick/domain/catalog';

/** The current catalog and the configured limits, on which decisions depend in addition to the stream. */
export interface Policy {
  readonly catalog: Catalog;
  /** Days for which an ended job is known. Older jobs are refused as stale. */
  readonly jobWindowDays: number;
  /** Maximum number of open jobs per organization. */
  readonly maxOpenJobs: number;
  /** Maximum number of outcomes per organization that wait for the submission of their job. */
  readonly maxEarlyOutcomes: number;
  /** The time in job ids says nothing, because an operator sets the clock. */
  readonly ignoresTimeInIds?: boolean;
}

export const DEFAULT_POLICY = { jobWindowDays: 35, maxOpenJobs: 100_000, maxEarlyOutcomes: 10_000 } as const;

export const windowMilliseconds = (policy: Policy): number => policy.jobWindowDays * DAY;
