import { join } from 'node:path';
import { checkTopics } from '@tallystick/adapters/kafka';
import { JOBS_DECISIONS, JOBS_LIFECYCLE } from '@tallystick/contracts/ledger';
import type { TestServers } from '../../test/support/distributed/test-servers';
import { spawned } from '../harness/spawned';
import { booksOf, seeded } from '../peers/postgres';
import type { BenchmarkCluster } from '../peers/postgres-cluster';
import { GRANTED, RESERVED, USED } from '../support/leapocr';
import { SESSION_MILLISECONDS, type Side } from './side';

const GROUP = 'by-hand';
/** The number of partitions of the topics of Tallystick. */
const PARTITIONS = 12;
let started = 0;

/** A hand-written consumer with the tables and statements of the PostgreSQL benchmark. */
export async function startByHand(
  servers: TestServers,
  cluster: BenchmarkCluster,
  organizations: number,
): Promise<Side> {
  const prefix = `by-hand-${(started += 1)}.`;
  const brokers = servers.kafka.addresses;
  await checkTopics(
    { brokers },
    {
      topics: [JOBS_LIFECYCLE, JOBS_DECISIONS].map((topic) => ({ name: prefix + topic })),
      partitions: PARTITIONS,
      retentionMilliseconds: 86_400_000,
    },
  );
  const pool = await seeded(cluster, organizations, 1);
  const given = { brokers, prefix, group: prefix + GROUP, session: SESSION_MILLISECONDS, url: cluster.url };
  const consumer = await spawned(join(__dirname, 'consumer-by-hand.js'), [JSON.stringify(given)], /ready/);
  return {
    prefix,
    group: GROUP,
    pids: [consumer.pid],
    publishes: false,
    settled: async (jobs, open) => {
      const { available, reserved, consumed } = await booksOf(pool);
      const granted = available + reserved + consumed;
      if (consumed !== USED * jobs || reserved !== RESERVED * open || granted !== GRANTED * organizations)
        throw new Error(`PostgreSQL by hand: ${consumed} consumed, ${reserved} reserved after ${jobs} jobs.`);
    },
    stop: async () => {
      await consumer.stop();
      await pool.end();
    },
  };
}
