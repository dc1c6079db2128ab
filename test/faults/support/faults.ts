import { eventually } from '../../support/callers';
import type { FaultCluster } from './fault-cluster';

export const LEDGERS = 'tallystick.credit-ledger';
const LIFECYCLE = 'jobs.lifecycle';

/** Injects a fault and resolves with its description. */
export type ClusterFault = (cluster: FaultCluster) => Promise<string>;

/** Kills a ledger with SIGKILL and starts it again. */
export const killLedger =
  (index: number): ClusterFault =>
  async ({ installation }) => {
    await installation.ledgers[index]!.kill();
    await installation.restartLedger(index);
    return `ledger ${index} killed`;
  };

/** Pauses a ledger until the consumer group has removed it, and then resumes it. */
export const stopLedger =
  (index: number): ClusterFault =>
  async ({ installation, thirdParty }) => {
    const ledger = installation.ledgers[index]!;
    const all = installation.ledgers.length;
    // A ledger that restarted a moment ago may not have joined yet, and its join would hide the removal.
    await eventually(
      () => thirdParty.members(LEDGERS),
      (members) => members === all,
      30_000,
    );
    ledger.signal('SIGSTOP');
    try {
      await eventually(
        () => thirdParty.members(LEDGERS),
        (members) => members < all,
        30_000,
      );
    } finally {
      ledger.signal('SIGCONT');
    }
    return `ledger ${index} stopped past its session`;
  };

/** Kills the broker that leads most partitions and starts it again once other brokers lead them. */
export const killLeader: ClusterFault = async ({ servers, thirdParty }) => {
  const [leader] = await thirdParty.leaders(LIFECYCLE);
  const broker = servers.kafka.brokers[leader! - 1]!;
  await broker.kill();
  await eventually(
    () => thirdParty.leaders(LIFECYCLE),
    (left) => !left.includes(leader!),
    30_000,
  );
  await broker.start();
  return `broker ${leader} killed`;
};

/** Injects the faults in order and logs their durations. */
export async function injectFaults(cluster: FaultCluster, misfortunes: readonly ClusterFault[]): Promise<void> {
  for (const misfortune of misfortunes) {
    const began = performance.now();
    const what = await misfortune(cluster);
    process.stderr.write(`${what}; ${Math.round(performance.now() - began)} ms\n`);
  }
}
