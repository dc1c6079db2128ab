import { SqliteEventStore } from '@tallystick/adapters/embedded';
import { streamOf } from '@tallystick/domain/ledger';
import { join } from 'node:path';
import { endJob, leapocrPolicy, openOrganization, submitJob } from './leapocr';
import { AT_ONCE, ledgerTransactor } from './transactor';

export interface Past {
  readonly organizations: number;
  /** Of all organizations together; they ended. */
  readonly settledJobs: number;
  /** Of each organization; they wait for their end. */
  readonly openJobs?: number;
  readonly underWay?: number;
}

/** A log that the real decider has led to, in the real store. Resolves before the store is closed, so that its process can be looked at. */
export async function makePast(directory: string, past: Past, say: (jobs: number) => void = () => undefined) {
  const store = await SqliteEventStore.open(join(directory, 'streams.db'));
  const transactor = ledgerTransactor(store, leapocrPolicy(), AT_ONCE);
  const streams = Array.from({ length: past.organizations }, (_, i) => streamOf(`org-${i}`));
  await inTurn(streams.length, 1_000, async (i) => {
    await Promise.all(openOrganization().map((command) => transactor.execute(streams[i]!, command)));
    const open = Array.from({ length: past.openJobs ?? 0 }, (_, job) => submitJob(`open-${job}`));
    await Promise.all(open.map((command) => transactor.execute(streams[i]!, command)));
  });
  await inTurn(past.settledJobs, past.underWay ?? 2_000, async (job) => {
    const stream = streams[job % streams.length]!;
    await transactor.execute(stream, submitJob(`job-${job}`));
    const { answer } = await transactor.execute(stream, endJob(`job-${job}`));
    if (answer.kind !== 'ended') throw new Error(JSON.stringify(answer));
    if (job % 50_000 === 0) say(job);
  });
  return {
    store,
    transactor,
    close: async () => {
      await transactor.stop();
      await store.close();
    },
  };
}

/** `work` for 0 … count-1, `atOnce` of them at any time. */
async function inTurn(count: number, atOnce: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
}
