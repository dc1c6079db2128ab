import { setTimeout as pause } from 'node:timers/promises';
import { atEnd } from '../harness/cleanup';

/** Whoever takes jobs from Kafka and moves credits, in processes of its own. */
export interface Side {
  readonly prefix: string;
  readonly group: string;
  /** Those that consume; each is a member of the group. */
  readonly pids: readonly number[];
  /** What stands in for EventStoreDB, where there is such a thing. */
  readonly eventStore?: number;
  /** Whether every movement is to be found on credits.events. */
  readonly publishes: boolean;
  /** Resolves when everyone can read that so many jobs are settled and so many are open: not a credit more or less. */
  readonly settled: (jobs: number, open: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Long enough for whatever is held still meanwhile. */
export const SESSION_MILLISECONDS = 60_000;

/** None of these processes goes on while `work` does; afterwards all of them begin at the same moment. */
export async function whileHeld(pids: readonly number[], work: () => Promise<void>): Promise<void> {
  pids.forEach((pid) => process.kill(pid, 'SIGSTOP'));
  // Whoever ends meanwhile must not leave them standing.
  const goOn = atEnd(() => pids.forEach((pid) => process.kill(pid, 'SIGCONT')));
  try {
    await work();
    await pause(100);
  } finally {
    goOn();
  }
}
