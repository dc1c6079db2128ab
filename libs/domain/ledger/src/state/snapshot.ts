import type { GrantKind } from '@tallystick/domain/catalog';
import type { Amounts, Grant } from './balance';
import { BurnDown } from './burn-down';
import { initialLedger, type Ledger } from './ledger';

/** Version of the stored state. Every change of its shape raises it: older snapshots are then ignored, and the stream is folded from its start. */
export const SNAPSHOT_VERSION = 4;

/** Minimum number of events between snapshots. Larger states are saved less often. */
export const eventsBetweenSnapshots =
  (atLeast: number) =>
  (ledger: Ledger): number =>
    Math.max(atLeast, 4 * (ledger.jobs.size + ledger.settled.size));

export function saveLedger({ balance, burnDown: _burnDown, waiting, ...ledger }: Ledger): string {
  const maps = Object.entries(ledger).map(([name, value]) => [name, value instanceof Map ? [...value] : value]);
  return JSON.stringify({
    ...Object.fromEntries(maps),
    // Jobs with equal deadlines are due in the order of the queue, which no other member has.
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
