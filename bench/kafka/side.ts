import { setTimeout as pause } from 'node:timers/promises';
import { atEnd } from '../harness/cleanup';

/** A system that consumes jobs from Kafka and moves credits, in its own processes. */
export interface Side {
  readonly prefix: string;
  readonly group: string;
  /** Process ids of the members of the consumer group. */
  readonly pids: readonly number[];
  /** Process id of the test server for EventStoreDB, if there is one. */
  readonly eventStore?: number;
  /** Whether it publishes every movement to credits.events. */
  readonly publishes: boolean;
  /** Resolves when the balances show exactly these settled and open jobs. */
  readonly settled: (jobs: number, open: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Time limit while processes are paused. */
export const SESSION_MILLISECONDS = 60_000;

/** Pauses these processes while `work` runs, so that all of them resume at the same time. */
export async function whileHeld(pids: readonly number[], work: () => Promise<void>): Promise<void> {
  pids.forEach((pid) => process.kill(pid, 'SIGSTOP'));
  // The processes must not stay paused if this one ends.
  const goOn = atEnd(() => pids.forEach((pid) => process.kill(pid, 'SIGCONT')));
  try {
    await work();
    await pause(100);
  } finally {
    goOn();
  }
}
