import type { Draw, LedgerEvent, Outcome } from '@tallystick/domain/ledger';
import type { ModelJob } from './model-ledger';
import { priceOf } from './requests';

/** Whether an outcome equals the recorded one. */
export const agrees = (job: ModelJob, outcome: Outcome): boolean =>
  outcome.kind === 'failed'
    ? job.status === 'refunded'
    : job.status === 'consumed' && job.consumed + job.writtenOff === priceOf(outcome, job.submission);

/** Whether an event is the first one of an outcome. */
export function isEndOf({ type, data }: LedgerEvent, jobId: string, outcome: Outcome): boolean {
  if (!('jobId' in data) || data.jobId !== jobId) return false;
  if (outcome.kind === 'failed')
    return type === 'CreditsRefunded' && 'reason' in data && data.reason === outcome.reason;
  return type === 'CreditsConsumed' || type === 'CreditsGranted';
}

/** The first `credits` of the draws, and the rest. */
export function cut(held: readonly Draw[], credits: number): { used: Draw[]; rest: Draw[] } {
  const used: Draw[] = [];
  const rest: Draw[] = [];
  let wanted = credits;
  for (const draw of held) {
    const taken = Math.min(draw.credits, wanted);
    wanted -= taken;
    if (taken > 0) used.push({ ...draw, credits: taken });
    if (taken < draw.credits) rest.push({ ...draw, credits: draw.credits - taken });
  }
  return { used, rest };
}
