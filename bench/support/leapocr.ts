import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseCatalog } from '@tallystick/domain/catalog';
import { DEFAULT_POLICY, type Command, type Policy } from '@tallystick/domain/ledger';

/** The job of every benchmark: 10 credits are reserved, 7 consumed, 3 refunded. */
export const RESERVED = 10;
export const USED = 7;
/** Credits of each organization, more than any run needs. */
export const GRANTED = 1_000_000_000;
/** CreditsReserved, CreditsConsumed, CreditsRefunded. */
export const EVENTS_PER_JOB = 3;

export function leapocrPolicy(): Policy {
  const parsed = parseCatalog(readFileSync(resolve('catalogs/leapocr.yaml'), 'utf8'));
  if (!parsed.ok)
    throw new Error('catalogs/leapocr.yaml cannot be parsed: run the benchmark in the root of the repository.');
  return { ...DEFAULT_POLICY, catalog: parsed.catalog };
}

const now = () => new Date().toISOString();

export const openOrganization = (): Command[] => [
  { type: 'OpenOrganization', currency: 'USD', now: now() },
  {
    type: 'GrantCredits',
    grantId: 'grant',
    kind: 'top-up',
    credits: GRANTED,
    reason: 'benchmark',
    now: now(),
  },
];

export const submitJob = (jobId: string): Command => ({
  type: 'SubmitJob',
  jobId,
  projectId: 'project',
  job: { operation: 'standard-v2', usage: { pages: RESERVED } },
  now: now(),
});

export const endJob = (jobId: string): Command => ({
  type: 'EndJob',
  jobId,
  outcome: { kind: 'completed', usage: { pages: USED } },
  now: now(),
});
