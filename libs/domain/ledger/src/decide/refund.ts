import { sumOf } from '../state/burn-down';
import type { Draw, LateJob, LedgerEvent, RefundReason } from '../events';
import type { Recorder } from './recorder';
import type { Job, Ledger } from '../state/ledger';

/** The refund of `draws`; what goes back to a grant that has ended leaves it again in the same append. */
export function refund(
  record: Recorder,
  ledger: Ledger,
  job: Job,
  draws: readonly Draw[],
  reason: RefundReason,
  outcomeWasWaiting?: true,
): LedgerEvent[] {
  const { jobId, projectId, apiKeyId, rating } = job.reservation;
  const credits = sumOf(draws);
  const late = lateJob(job);
  const operation = rating.operation;
  const hasDetails = hadDetails(job);
  const ref = { jobId, projectId, apiKeyId, operation, hasDetails };
  const events = [record('CreditsRefunded', { ...ref, credits, draws, reason, late, outcomeWasWaiting })];
  for (const { grantId, credits } of draws) {
    const grant = ledger.balance.grants.get(grantId);
    if (grant?.jobId !== undefined)
      events.push(record('CreditsRevoked', { grantId, credits, jobId, reason: 'not used' }));
    else if (grant?.ended === 'revoked')
      events.push(record('CreditsRevoked', { grantId, credits, jobId, reason: 'grant revoked' }));
    else if (grant?.ended === 'expired') events.push(record('CreditsExpired', { grantId, credits, jobId }));
  }
  return events;
}

/** In events about a job only what is so: most have none. */
export const hadDetails = ({ reservation }: Job): true | undefined => reservation.hasDetails || undefined;

/** A job that timed out may be gone from any other state of the stream, so the event itself carries what folding it needs. */
export function lateJob({ status, reservation, revision, refunded }: Job): LateJob | undefined {
  return status === 'timed-out' ? { reservation, revision, refunded } : undefined;
}
