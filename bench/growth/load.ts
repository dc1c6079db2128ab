import { join } from 'node:path';
import { SqliteEventStore } from '@tallystick/adapters/embedded';
import { streamOf } from '@tallystick/domain/ledger';
import { answer, heapAfterCollection } from '../harness/child';
import { spreadOf } from '../harness/statistics';
import { leapocrPolicy } from '../support/leapocr';
import { AT_ONCE, ledgerTransactor } from '../support/transactor';

export interface Loaded {
  /** The first organization of a new process. */
  readonly firstMilliseconds: number;
  /** The same organization with an empty cache, and warm code and files. */
  readonly againMilliseconds: number;
  /** All organizations, one by one. */
  readonly allMilliseconds: number;
  readonly snapshotBytes: number;
  /** Events read behind the snapshot. */
  readonly tail: number;
  readonly emptyHeapBytes: number;
  readonly heapBytes: number;
}

const AGAIN = 20;
const [, , directory, organizations] = process.argv;

answer(async (): Promise<Loaded> => {
  const streams = Array.from({ length: Number(organizations) }, (_, i) => streamOf(`org-${i}`));
  const policy = leapocrPolicy();
  const store = await SqliteEventStore.open(join(directory!, 'streams.db'));
  const emptyHeapBytes = await heapAfterCollection();
  const transactor = ledgerTransactor(store, policy, AT_ONCE);
  const load = (of: typeof transactor, stream: string) =>
    timed(async () => {
      const { value } = await of.read(stream, ({ opened }) => opened);
      if (!value) throw new Error(`${stream} does not exist.`);
    });
  const firstMilliseconds = await load(transactor, streams[0]!);
  let allMilliseconds = firstMilliseconds;
  for (const stream of streams.slice(1)) allMilliseconds += await load(transactor, stream);
  const heapBytes = await heapAfterCollection();
  const again: number[] = [];
  while (again.length < AGAIN) again.push(await load(ledgerTransactor(store, policy, AT_ONCE), streams[0]!));
  const snapshot = await store.loadSnapshot(streams[0]!);
  const { revision } = await transactor.read(streams[0]!, () => undefined);
  const tail = revision - (snapshot?.revision ?? -1);
  const snapshotBytes = snapshot?.state.length ?? 0;
  await transactor.stop();
  await store.close();
  return {
    firstMilliseconds,
    againMilliseconds: spreadOf(again).median,
    allMilliseconds,
    snapshotBytes,
    tail,
    emptyHeapBytes,
    heapBytes,
  };
});

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
