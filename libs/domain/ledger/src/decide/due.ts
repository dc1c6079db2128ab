import type { Instant } from '@tallystick/domain/kernel';
import { rate } from '@tallystick/domain/catalog';
import type { Command, CommandOf } from '../commands';
import type { LedgerEvent } from '../events';
import { decisionTime, recorder } from './recorder';
import { refund } from './refund';
import type { Policy } from '../policy';
import type { Job, Ledger } from '../state/ledger';

/**
 * The next thing that time or a command's arrival has made due, as the events of one append; nothing when nothing is.
 * One after the other in the order of their times, so that applying them late leads where applying them in time leads.
 */
export function due(policy: Policy, command: Command, ledger: Ledger): readonly LedgerEvent[] {
  const now = decisionTime(command, ledger);
  const job = firstWaiting(ledger);
  const expiry = ledger.nextExpiry;
  if (job && job.expiresAt <= now && (expiry === undefined || job.expiresAt <= expiry))
    return refund(timed(command, ledger, job.expiresAt), ledger, job, job.reservation.draws, 'timed-out');
  if (expiry !== undefined && expiry <= now) return expiries(command, ledger, expiry);
  return command.type === 'SubmitJob' ? firstUseTrial(policy, command, ledger) : [];
}

/** The queues are in the order of their deadlines, so only their heads matter. */
function firstWaiting(ledger: Ledger): Job | undefined {
  let first: Job | undefined;
  for (const queue of ledger.waiting.values()) {
    const job: Job | undefined = queue.values().next().value;
    if (job && (first === undefined || job.expiresAt < first.expiresAt)) first = job;
  }
  return first;
}

function expiries(command: Command, ledger: Ledger, at: Instant): LedgerEvent[] {
  const record = timed(command, ledger, at);
  return ledger.burnDown
    .expiring(at)
    .map(({ grantId, available }) => record('CreditsExpired', { grantId, credits: available }));
}

/** Time did it, at its own time: whoever sent the command only happened to come next. */
const timed = (command: Command, ledger: Ledger, at: Instant) =>
  recorder({ ...command, occurredAt: at, actor: undefined }, ledger);

/** Given even if that very submission is then refused, but not for bad input: that is no use of the operation. */
function firstUseTrial({ catalog }: Policy, command: CommandOf<'SubmitJob'>, ledger: Ledger): LedgerEvent[] {
  const operation = command.job.operation ?? catalog.defaultOperation;
  const grantId = `trial:${operation}`;
  if (!ledger.opened || ledger.given.has(grantId)) return [];
  const trial = catalog.trials.find((candidate) => candidate.on === 'first-use' && candidate.operation === operation);
  if (!trial || operation === undefined || !rate(catalog, command.job).ok) return [];
  const data = {
    grantId,
    kind: 'trial',
    credits: trial.credits,
    scope: [operation],
    reason: 'first use',
  } as const;
  return [recorder(command, ledger)('CreditsGranted', data)];
}
