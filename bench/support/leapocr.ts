import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseCatalog } from '@tallystick/domain/catalog';
import { DEFAULT_POLICY, type Command, type Policy } from '@tallystick/domain/ledger';

/** The job of every benchmark: 10 pages are reserved, 7 are used, 3 credits go back. */
export const RESERVED = 10;
export const USED = 7;
/** Given to each organization: no run comes near its end. */
export const GRANTED = 1_000_000_000;
/** CreditsReserved, CreditsConsumed, CreditsRefunded. */
export const EVENTS_PER_JOB = 3;

export function leapocrPolicy(): Policy {
  const parsed = parseCatalog(readFileSync(resolve('catalogs/leapocr.yaml'), 'utf8'));
  if (!parsed.ok) throw new Error('catalogs/leapocr.yaml does not parse: start from the repository’s root.');
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
