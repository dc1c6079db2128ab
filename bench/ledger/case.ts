import { join } from 'node:path';
import { SqliteEventStore } from '@tallystick/adapters/embedded';
import type { Policy } from '@tallystick/domain/ledger';
import { temporaryDirectory } from '../harness/cleanup';
import { drive, type JobLoad } from '../support/drive';
import { GRANTED } from '../support/leapocr';
import { checkTotals, type System } from '../support/system';
import { AT_ONCE, ledgerTransactor } from '../support/transactor';
import { appendsOf, recordAppends, replayAppends } from './recording';
import { openTallystick, tallystick } from './tallystick';
import { measureWithViews } from './with-views';

export type Case = Pick<JobLoad, 'organizations' | 'underWay'>;
export type Times = Pick<JobLoad, 'warmUpMilliseconds' | 'milliseconds'>;
/** Jobs per second of each system, Tallystick first. */
export type Rates = Record<string, number>;
export type Peers = Readonly<Record<string, (each: Case) => Promise<System>>>;

/** Not compared with the peers, because it does more. */
export const WITH_VIEWS = 'Tallystick, until its four views show it';
/** Not compared with the peers: shows the cost of the hash chain. */
export const WITHOUT_HASHES = 'Tallystick without the hash chain';
const VIEWS_UNDER_WAY = 256;

/** One run of one case: each system starts empty, and its totals are checked. */
export async function measureCase(each: Case, policy: Policy, peers: Peers, times: Times): Promise<Rates> {
  const rates: Rates = await measureOwn(each, policy, times);
  rates[WITHOUT_HASHES] = await measureWithoutHashes(each, policy, times);
  // The views take as long as the ledger, so they are measured once per number of organizations.
  if (each.underWay === VIEWS_UNDER_WAY) rates[WITH_VIEWS] = await measureWithViews(each, policy, times);
  for (const [name, open] of Object.entries(peers)) rates[name] = await measure(name, await open(each), each, times);
  return rates;
}

async function measureOwn(each: Case, policy: Policy, times: Times): Promise<Rates> {
  const [written, again] = [temporaryDirectory(), temporaryDirectory()];
  try {
    const store = await SqliteEventStore.open(join(written.path, 'streams.db'));
    const recording = recordAppends(store);
    const transactor = ledgerTransactor(store, policy, AT_ONCE);
    const system = await tallystick(store, transactor, each.organizations, () => store.close());
    const own = await measure('Tallystick', system, each, times);
    const appends = await appendsOf(written.path, recording);
    const raw = await replayAppends(again.path, appends, Math.min(each.underWay, each.organizations));
    return { Tallystick: own, 'its store alone, same appends': raw };
  } finally {
    written.remove();
    again.remove();
  }
}

async function measureWithoutHashes(each: Case, policy: Policy, times: Times): Promise<number> {
  const directory = temporaryDirectory();
  try {
    const system = await openTallystick(directory.path, policy, each.organizations, false);
    return await measure(WITHOUT_HASHES, system, each, times);
  } finally {
    directory.remove();
  }
}

export async function measure(name: string, system: System, each: Case, times: Times): Promise<number> {
  try {
    const { jobsPerSecond, jobs } = await drive(system, { ...each, ...times });
    checkTotals(name, await system.totals(), each.organizations * GRANTED, jobs);
    return jobsPerSecond;
  } finally {
    await system.close();
  }
}
