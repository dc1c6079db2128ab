import { findPostgres, NO_POSTGRES, startPostgres, type BenchmarkCluster } from '../peers/postgres-cluster';
import { createSchema, openBatches, openCalls } from '../peers/postgres';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from '../harness/benchmark';
import { ratio } from '../harness/benchmark';
import { leapocrPolicy } from '../support/leapocr';
import { measureCase, type Case, type Rates } from './case';

const CASES: readonly Case[] = [1_000, 1].flatMap((organizations) =>
  [1, 64, 256, 1_024].map((underWay) => ({ organizations, underWay })),
);
const QUICK_CASES: readonly Case[] = [1_000, 1].flatMap((organizations) =>
  [64, 256].map((underWay) => ({ organizations, underWay })),
);

/** Reserve 10, consume 7, refund 3 with two durable commits per job, compared with the store alone and with PostgreSQL. */
export const ledger: Benchmark = {
  name: 'ledger',
  about: 'reserve and settle, in process, durable; the ratio is Tallystick’s rate ÷ this one’s',
  run: async (context) => {
    const bin = findPostgres();
    const cluster = bin === undefined ? undefined : await startPostgres(bin);
    try {
      if (cluster) await createSchema(cluster);
      return await measureAll(context, cluster);
    } finally {
      await cluster?.stop();
    }
  },
};

async function measureAll(
  context: BenchmarkContext,
  cluster: BenchmarkCluster | undefined,
): Promise<BenchmarkResult[]> {
  const policy = leapocrPolicy();
  const cases = context.quick ? QUICK_CASES : CASES;
  const times = context.quick
    ? { warmUpMilliseconds: 300, milliseconds: 700 }
    : { warmUpMilliseconds: 500, milliseconds: 1_500 };
  const peers = cluster
    ? {
        [`${cluster.version}, a function a call`]: ({ organizations, underWay }: Case) =>
          openCalls(cluster, organizations, underWay),
        [`${cluster.version}, up to 100 calls a commit`]: ({ organizations, underWay }: Case) =>
          openBatches(cluster, organizations, underWay),
      }
    : {};
  const measured = cases.map((): Rates[] => []);
  // Warm-up for the compiler.
  context.say('warming up');
  await measureCase({ organizations: 1, underWay: 256 }, policy, peers, times);
  for (let run = 1; run <= context.runs; run++)
    for (const [i, each] of cases.entries()) {
      context.say(`run ${run} of ${context.runs}: ${nameOf(each)}`);
      measured[i]!.push(await measureCase(each, policy, peers, times));
    }
  return cases.flatMap((each, i) => resultsOf(nameOf(each), measured[i]!, cluster === undefined));
}

const nameOf = ({ organizations, underWay }: Case): string =>
  `${organizations === 1 ? 'one organization' : `${organizations.toLocaleString('en-US')} organizations`}, ${underWay.toLocaleString('en-US')} job${underWay === 1 ? '' : 's'} under way`;

function resultsOf(name: string, runs: readonly Rates[], lacksPostgres: boolean): BenchmarkResult[] {
  const [ours, ...others] = Object.keys(runs[0]!);
  const own = runs.map((rates) => rates[ours!]!);
  const figure = (what: string) => {
    const values = runs.map((rates) => rates[what]!);
    return { case: name, what, unit: 'jobs/s', values, ...(what !== ours && { ratios: ratio(own, values) }) };
  };
  const missing = {
    case: name,
    what: 'PostgreSQL',
    skipped: NO_POSTGRES,
  };
  return [...[ours!, ...others].map(figure), ...(lacksPostgres ? [missing] : [])];
}
