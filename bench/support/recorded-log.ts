import { SqliteEventStore } from '@tallystick/adapters/embedded';
import { streamOf } from '@tallystick/domain/ledger';
import { join } from 'node:path';
import { endJob, leapocrPolicy, openOrganization, submitJob } from './leapocr';
import { AT_ONCE, ledgerTransactor } from './transactor';

export interface Past {
  readonly organizations: number;
  /** Ended jobs of all organizations together. */
  readonly settledJobs: number;
  /** Open jobs of each organization. */
  readonly openJobs?: number;
  readonly underWay?: number;
}

/** Records a log with the real decider and store. Resolves with the open store, so that the process can be measured. */
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

/** Runs `work` for 0 … count-1, `atOnce` concurrently. */
async function inTurn(count: number, atOnce: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
}
