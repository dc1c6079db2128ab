import type { GrantKind } from '@tallystick/domain/catalog';
import type { Amounts, Grant } from './balance';
import { BurnDown } from './burn-down';
import { initialLedger, type Ledger } from './ledger';

/** Of the ledger's state. Raised with every change of its shape: older snapshots are then not read, and the stream is folded anew. */
export const SNAPSHOT_VERSION = 3;

/** Events after which saving is worth its price: a state with many open jobs is dear to save. */
export const eventsBetweenSnapshots =
  (atLeast: number) =>
  (ledger: Ledger): number =>
    Math.max(atLeast, 4 * (ledger.jobs.size + ledger.settled.size));

export function saveLedger({ balance, burnDown: _derived, waiting, ...ledger }: Ledger): string {
  const maps = Object.entries(ledger).map(([name, value]) => [name, value instanceof Map ? [...value] : value]);
  return JSON.stringify({
    ...Object.fromEntries(maps),
    // The order of jobs with equal deadlines is the order in which they were queued: no other member holds it.
    waiting: [...waiting].map(([timeoutSeconds, queue]) => [timeoutSeconds, [...queue.keys()]]),
    balance: { ...balance, grants: [...balance.grants.values()], ended: [...balance.ended] },
  });
}

export function loadLedger(json: string): Ledger {
  const saved = JSON.parse(json) as Record<string, unknown> & {
    balance: Amounts & { grants: Grant[]; ended: [GrantKind, Amounts][] };
    waiting: [timeoutSeconds: number, jobIds: string[]][];
  };
  const empty = initialLedger();
  const restored = Object.entries(empty).map(([name, value]) => [
    name,
    value instanceof Map ? new Map(saved[name] as [string, never][] | undefined) : saved[name],
  ]);
  const balance = {
    ...saved.balance,
    grants: new Map(saved.balance.grants.map((grant) => [grant.grantId, grant])),
    ended: new Map(saved.balance.ended),
  };
  const ledger = {
    ...Object.fromEntries(restored),
    balance,
    burnDown: new BurnDown(),
    waiting: new Map(),
  } as Ledger;
  for (const grant of balance.grants.values()) if (grant.jobId === undefined) ledger.burnDown.add(grant);
  for (const [timeoutSeconds, jobIds] of saved.waiting)
    ledger.waiting.set(timeoutSeconds, new Map(jobIds.map((jobId) => [jobId, ledger.jobs.get(jobId)!])));
  return ledger;
}
