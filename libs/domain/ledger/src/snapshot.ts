import { emptyBalance, type Balance, type Grant } from './balance';
import { BurnDown } from './burn-down';
import { initialLedger, type Job, type Ledger } from './state';

/** Of the ledger's state. Raised with every change of its shape: older snapshots are then not read, and the stream is folded anew. */
export const SNAPSHOT_VERSION = 1;

/** Events after which saving is worth its price: a state with many open jobs is dear to save. */
export const eventsBetweenSnapshots =
  (atLeast: number) =>
  (ledger: Ledger): number =>
    Math.max(atLeast, 4 * (ledger.jobs.size + ledger.settled.size));

export function saveLedger({
  balance,
  burnDown: _derived,
  waiting: _alsoDerived,
  ...ledger
}: Ledger): string {
  const maps = Object.entries(ledger).map(([name, value]) => [
    name,
    value instanceof Map ? [...value] : value,
  ]);
  return JSON.stringify({
    ...Object.fromEntries(maps),
    balance: { ...balance, grants: [...balance.grants.values()] },
  });
}

export function loadLedger(json: string): Ledger {
  const saved = JSON.parse(json) as Record<string, unknown> & {
    balance: Omit<Balance, 'grants'> & { grants: Grant[] };
  };
  const empty = initialLedger();
  const restored = Object.entries(empty).map(([name, value]) => [
    name,
    value instanceof Map ? new Map(saved[name] as [string, never][] | undefined) : saved[name],
  ]);
  const balance = {
    ...emptyBalance(),
    ...saved.balance,
    grants: new Map(saved.balance.grants.map((grant) => [grant.grantId, grant])),
  };
  const ledger = {
    ...Object.fromEntries(restored),
    balance,
    burnDown: new BurnDown(),
    waiting: new Map(),
  } as Ledger;
  for (const grant of balance.grants.values()) if (grant.jobId === undefined) ledger.burnDown.add(grant);
  for (const job of byDeadline(ledger.jobs)) enqueue(ledger, job);
  return ledger;
}

const byDeadline = (jobs: ReadonlyMap<string, Job>): Job[] =>
  [...jobs.values()].sort((a, b) => (a.expiresAt < b.expiresAt ? -1 : 1));

function enqueue(ledger: Ledger, job: Job): void {
  const { jobId, timeoutSeconds } = job.reservation;
  const queue = ledger.waiting.get(timeoutSeconds) ?? new Map<string, Job>();
  ledger.waiting.set(timeoutSeconds, queue.set(jobId, job));
}
