import { BrokenInvariant, plural, type Instant } from '@tallystick/domain/kernel';
import { sumOf } from './state/burn-down';
import type { EventOf, LedgerEvent } from './events';
import { evolve } from './state/evolve';
import { capKey, initialLedger, type Job, type Ledger } from './state/ledger';
import type { LedgerStreamEvent } from './views/views';

/** One organization's stream under audit: folded as decisions fold it, and looked at with a stranger's eye. */
export interface Audit {
  readonly ledger: Ledger;
  next: number;
  /** Jobs that have ended for good, with the time, within the window. */
  readonly ended: Map<string, Instant>;
  /** Credits of a hold that a consumption left over: the very next event must give them back. */
  unused: { readonly jobId: string; readonly credits: number } | undefined;
  /** The books do not add up any more; what follows says nothing. */
  isBroken: boolean;
}

export const newAudit = (): Audit => ({
  ledger: initialLedger(),
  next: 0,
  ended: new Map(),
  unused: undefined,
  isBroken: false,
});

/** Takes the next stored event; answers what is wrong with it, in words. */
export function audit(state: Audit, event: LedgerStreamEvent['event'], revision: number): string[] {
  if (state.isBroken) return [];
  if (event.type === 'ForeignEventSkipped') {
    const missing = revision === state.next ? [] : [`revision ${state.next} is missing`];
    state.next = revision + 1;
    return missing;
  }
  const breaches = [
    ...order(state, event, revision),
    ...holds(state, event),
    ...sums(event),
    ...caps(state.ledger, event),
  ];
  state.next = revision + 1;
  try {
    evolve(state.ledger, event, revision);
  } catch (error) {
    if (!(error instanceof BrokenInvariant)) throw error;
    state.isBroken = true;
    return [...breaches, error.message];
  }
  remember(state, event);
  return breaches;
}

function order(state: Audit, event: LedgerEvent, revision: number): string[] {
  const breaches: string[] = [];
  if (revision !== state.next) breaches.push(`revision ${state.next} is missing`);
  if (event.metadata.recordedAt < state.ledger.now) breaches.push('it was recorded before the event that it follows');
  return breaches;
}

/** Every hold ends exactly once; only one that timed out may have an outcome after its end. */
function holds(state: Audit, event: LedgerEvent): string[] {
  const { unused } = state;
  state.unused = undefined;
  if (event.type === 'CreditsRefunded' && event.data.reason === 'unused') {
    const fits = unused?.jobId === event.data.jobId && unused.credits === event.data.credits;
    return fits
      ? []
      : [
          `job ${event.data.jobId} gets ${plural(event.data.credits, 'unused credit')} back that its consumption did not leave`,
        ];
  }
  if (unused) return [`job ${unused.jobId} left ${plural(unused.credits, 'reserved credit')} that nothing gave back`];
  switch (event.type) {
    case 'CreditsReserved':
      return known(state, event.data.jobId) ? [`job ${event.data.jobId} is reserved a second time`] : [];
    case 'CreditsConsumed':
    case 'CreditsRefunded':
      return ending(state, event);
    default:
      return [];
  }
}

function ending(state: Audit, event: EventOf<'CreditsConsumed'> | EventOf<'CreditsRefunded'>): string[] {
  const { jobId, draws, late } = event.data;
  if (state.ended.has(jobId)) return [`job ${jobId} ends a second time`];
  const job: Job | undefined = state.ledger.jobs.get(jobId);
  if (!job) return late ? [] : [`job ${jobId} ends without having been reserved`];
  const left = job.reservation.credits - sumOf(draws);
  if (event.type === 'CreditsConsumed' && left > 0) state.unused = { jobId, credits: left };
  return event.type === 'CreditsRefunded' && left !== 0
    ? [`job ${jobId} failed and did not get all of its credits back`]
    : [];
}

const known = (state: Audit, jobId: string): boolean => state.ledger.jobs.has(jobId) || state.ended.has(jobId);

function sums({ type, data }: LedgerEvent): string[] {
  const draws =
    type === 'CreditsConsumed' ? [...data.draws, ...data.surplus] : 'draws' in data ? data.draws : undefined;
  if (draws === undefined) return [];
  const { credits } = data as { credits: number };
  return sumOf(draws) === credits
    ? []
    : [`its draws add up to ${sumOf(draws)}, not to its ${plural(credits, 'credit')}`];
}

/** A surplus may pass a cap, a reservation never. */
function caps(ledger: Ledger, event: LedgerEvent): string[] {
  if (event.type !== 'CreditsReserved') return [];
  const { projectId, apiKeyId, credits, period } = event.data;
  return [capKey({ projectId }), ...(apiKeyId === undefined ? [] : [capKey({ apiKeyId })])].flatMap((key) => {
    const cap = ledger.caps.get(key);
    const count = ledger.spent.get(key);
    const used = count?.period === period ? count.value : 0;
    return cap !== undefined && used + credits > cap
      ? [`the cap of ${key} is ${cap}, and this makes it ${used + credits}`]
      : [];
  });
}

/** Jobs that have ended leave the ledger's state here; only their ids stay, to tell a second end. */
function remember(state: Audit, event: LedgerEvent): void {
  const { recordedAt } = event.metadata;
  if (state.unused === undefined && 'jobId' in event.data) state.ledger.settled.delete(event.data.jobId!);
  if (event.type === 'CreditsConsumed') state.ended.set(event.data.jobId, recordedAt);
  else if (event.type === 'CreditsRefunded' && event.data.reason !== 'timed-out')
    state.ended.set(event.data.jobId, recordedAt);
  else if (event.type === 'JobWindowClosed')
    for (const [jobId, at] of state.ended) if (at < event.data.before) state.ended.delete(jobId);
}
