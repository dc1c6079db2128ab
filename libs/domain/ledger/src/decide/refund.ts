import { sumOf } from '../state/burn-down';
import type { Draw, LateJob, LedgerEvent, RefundReason } from '../events';
import type { Recorder } from './recorder';
import type { Job, Ledger } from '../state/ledger';

/** Refunds `draws`. Credits that return to an ended grant expire or are revoked in the same append. */
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

/** Most jobs have no details, so events record only `true`. */
export const hadDetails = ({ reservation }: Job): true | undefined => reservation.hasDetails || undefined;

/** A timed-out job may be missing in a restored state, so the event carries the data that folding it needs. */
export function lateJob({ status, reservation, revision, refunded }: Job): LateJob | undefined {
  return status === 'timed-out' ? { reservation, revision, refunded } : undefined;
}
