import { eventually } from '../../support/callers';
import type { FaultCluster } from './fault-cluster';

export const LEDGERS = 'tallystick.credit-ledger';
const LIFECYCLE = 'jobs.lifecycle';

/** Each names what it did, so that a failed test can tell what had happened. */
export type ClusterFault = (cluster: FaultCluster) => Promise<string>;

/** `kill -9` and a new start. */
export const killLedger =
  (index: number): ClusterFault =>
  async ({ installation }) => {
    await installation.ledgers[index]!.kill();
    await installation.restartLedger(index);
    return `ledger ${index} killed`;
  };

/** SIGSTOP until the group has given it up; then it goes on in the belief that nothing has happened. */
export const stopLedger =
  (index: number): ClusterFault =>
  async ({ installation, thirdParty }) => {
    const ledger = installation.ledgers[index]!;
    const before = await thirdParty.members(LEDGERS);
    ledger.signal('SIGSTOP');
    await eventually(
      () => thirdParty.members(LEDGERS),
      (members) => members < before,
      30_000,
    );
    ledger.signal('SIGCONT');
    return `ledger ${index} stopped past its session`;
  };

/** `kill -9` of the broker that leads most of the topic; it comes back when others lead in its place. */
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

/** How long each took, for the log. */
export async function injectFaults(cluster: FaultCluster, misfortunes: readonly ClusterFault[]): Promise<void> {
  for (const misfortune of misfortunes) {
    const began = performance.now();
    const what = await misfortune(cluster);
    process.stderr.write(`${what}; ${Math.round(performance.now() - began)} ms\n`);
  }
}
