import { TestServers, whyNotDistributed } from '../../test/support/distributed/test-servers';
import { findPostgres, SERVER_SETTINGS, startPostgres, type BenchmarkCluster } from '../peers/postgres-cluster';
import { createSchema } from '../peers/postgres';
import { ratio, type Benchmark, type BenchmarkContext, type Figure } from '../harness/benchmark';
import { measure, type KafkaLoad, type KafkaMeasurement } from './case';
import { startByHand } from './by-hand';
import { JAVA } from './java';
import type { Side } from './side';
import { startDistributed, startOnSqlite } from './tallystick';

const ORGANIZATIONS = [1_000, 16];
const QUICK_ORGANIZATIONS = [1_000];
const PEER = 'PostgreSQL by hand, kafkajs eachBatch';
const AIM = '≥ 10,000 settles/s on 2 cores';

type Starts = Readonly<Record<string, (organizations: number) => Promise<Side>>>;

/** Complete jobs over a real Kafka, with replicas as processes. */
export const kafka: Benchmark = {
  name: 'kafka',
  about:
    'jobs through a real Kafka; the ratio is this ÷ the hand-written consumer. A test server in its own process replaces EventStoreDB: a real one can be faster or slower',
  run: async (context) => {
    const lack = whyNotDistributed();
    if (lack !== undefined) return [{ case: 'distributed', what: 'jobs through Kafka', skipped: lack }];
    const cluster = await startPostgres(findPostgres()!);
    const servers = await TestServers.start({ kafka: { java: JAVA }, postgres: SERVER_SETTINGS });
    try {
      await createSchema(cluster);
      return await measureAll(context, servers, cluster);
    } finally {
      await servers.stop();
      await cluster.stop();
    }
  },
};

async function measureAll(
  { runs, quick, say }: BenchmarkContext,
  servers: TestServers,
  cluster: BenchmarkCluster,
): Promise<Figure[]> {
  const size = quick ? { jobs: 2_000, warmUpJobs: 1_000 } : { jobs: 12_000, warmUpJobs: 4_000 };
  const starts: Starts = {
    [PEER]: (organizations) => startByHand(servers, cluster, organizations),
    'one ledger': (organizations) => startDistributed(servers, 1, organizations),
    'two ledgers': (organizations) => startDistributed(servers, 2, organizations),
    'one process, streams and views in SQLite': (organizations) => startOnSqlite(servers, organizations),
  };
  const figures: Figure[] = [];
  for (const organizations of quick ? QUICK_ORGANIZATIONS : ORGANIZATIONS) {
    const taken: Record<string, KafkaMeasurement[]> = {};
    for (let run = 1; run <= runs; run++)
      for (const [name, start] of Object.entries(starts)) {
        say(`run ${run} of ${runs}: ${organizations} organizations, ${name}`);
        (taken[name] ??= []).push(await measureSide(start, servers, { organizations, ...size }));
      }
    figures.push(...figuresOf(`${organizations.toLocaleString('en-US')} organizations`, taken));
  }
  return figures;
}

async function measureSide(start: Starts[string], servers: TestServers, load: KafkaLoad): Promise<KafkaMeasurement> {
  const side = await start(load.organizations);
  try {
    return await measure(side, servers.kafka.addresses, load);
  } finally {
    await side.stop();
  }
}

function figuresOf(name: string, taken: Readonly<Record<string, readonly KafkaMeasurement[]>>): Figure[] {
  const peer = taken[PEER]!;
  return Object.entries(taken).flatMap(([side, runs]) => {
    const figure = (what: string, unit: string, of: keyof KafkaMeasurement, aim?: string): Figure => {
      const values = runs.map((run) => run[of]);
      const beside = peer.map((run) => run[of]);
      const isCompared = side !== PEER && !Number.isNaN(beside[0]);
      return {
        case: `${name}, ${side}`,
        what,
        unit,
        values,
        ...(isCompared && { ratios: ratio(values, beside) }),
        aim,
      };
    };
    const isPeer = side === PEER;
    return [
      figure('jobs, decided and acknowledged', 'jobs/s', 'jobs'),
      ...(isPeer ? [] : [figure('jobs, read and published', 'jobs/s', 'read')]),
      figure('settles', 'settles/s', 'settles', isPeer ? undefined : AIM),
      figure('processor, consumers', 's / 1,000 jobs', 'consumers'),
      ...(Number.isNaN(runs[0]!.eventStore) ? [] : [figure('processor, test server', 's / 1,000 jobs', 'eventStore')]),
    ];
  });
}
