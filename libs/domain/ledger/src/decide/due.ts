import { earliest, type Instant } from '@tallystick/domain/kernel';
import { rate } from '@tallystick/domain/catalog';
import type { Command, CommandOf } from '../commands';
import type { LedgerEvent } from '../events';
import { expire } from './packages';
import { changeEvents } from './plan';
import { decisionTime, recorder } from './recorder';
import { refund } from './refund';
import type { Policy } from '../policy';
import { nextClose, nextTurn } from '../state/billing-terms';
import type { Job, Ledger } from '../state/ledger';

/**
 * The events of the next time-out, expiry, end of a period, change of plan or first-use trial that is due; empty if none is. Called
 * until nothing is due. All are applied in the order of their times, so that applying them late leads to the same balances.
 */
export function due(policy: Policy, command: Command, ledger: Ledger): readonly LedgerEvent[] {
  const now = decisionTime(command, ledger);
  const job = firstWaiting(ledger);
  const next = nextInstant(ledger);
  if (job && job.expiresAt <= now && isBefore(job, next, ledger))
    return refund(recorderAt(command, ledger, job.expiresAt), ledger, job, job.reservation.draws, 'timed-out');
  if (next !== undefined && next <= now) return turn(policy, command, ledger, next);
  return command.type === 'SubmitJob' ? firstUseTrial(policy, command, ledger) : [];
}

/** At one instant, a time-out is before an expiry, so that its credits return first, and after the end of a period. */
const isBefore = ({ expiresAt }: Job, next: Instant | undefined, ledger: Ledger): boolean =>
  next === undefined || expiresAt < next || (expiresAt === next && nextTurn(ledger) !== next);

/** Each queue is in the order of its deadlines, so only the first job of each is compared. */
function firstWaiting(ledger: Ledger): Job | undefined {
  let first: Job | undefined;
  for (const queue of ledger.waiting.values()) {
    const job: Job | undefined = queue.values().next().value;
    if (job && (first === undefined || job.expiresAt < first.expiresAt)) first = job;
  }
  return first;
}

/** When something other than a time-out is due next. */
export const nextInstant = (ledger: Ledger): Instant | undefined => earliest(ledger.nextExpiry, nextTurn(ledger));

/** The events of one instant, apart from time-outs. */
function turn(policy: Policy, command: Command, ledger: Ledger, at: Instant): LedgerEvent[] {
  const record = recorderAt(command, ledger, at);
  const { scheduled, openPeriod } = ledger;
  if (scheduled?.at === at) return changeEvents(policy, record, ledger, scheduled.plan, at);
  return [
    ...(nextClose(ledger) === at ? [record('PeriodClosed', openPeriod)] : []),
    ...expire(record, ledger.burnDown.expiring(at)),
  ];
}

/** Recorded at the due time and without an actor: the command only triggered it. */
const recorderAt = (command: Command, ledger: Ledger, at: Instant) =>
  recorder({ ...command, occurredAt: at, actor: undefined }, ledger);

/** Granted even if the submission is then refused, unless its job cannot be rated. */
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
