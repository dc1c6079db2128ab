import { ratio, type Benchmark, type Figure } from '../harness/benchmark';
import { drive } from '../support/drive';
import { sendBatches } from './batches';
import { openLoop, type Latencies } from './open-loop';
import { ORGANIZATIONS, startProduct } from './product';
import { lacksStandalone, startBare } from './server';
import { LoadTarget } from './target';

const CONNECTIONS = 64;

interface HttpMeasurement {
  /** Acknowledged jobs per second. */
  readonly oneByOne: number;
  /** Jobs per second until the balances show them. */
  readonly oneByOneRead?: number;
  readonly batches: number;
  readonly latencies: Latencies;
}

/** One process of the product compared with Fastify alone, over the same sockets. */
export const http: Benchmark = {
  name: 'http',
  about: 'reserve and settle over HTTP, one process; the ratio is the product’s ÷ the bare server’s',
  run: async ({ runs, quick, say }) => {
    const lack = lacksStandalone();
    if (lack !== undefined) return [{ case: 'standalone', what: 'HTTP', skipped: lack }];
    const milliseconds = quick ? 1_500 : 4_000;
    const [own, bare]: HttpMeasurement[][] = [[], []];
    for (let run = 1; run <= runs; run++) {
      say(`run ${run} of ${runs}: the product`);
      own!.push(await measureProduct(milliseconds));
      say(`run ${run} of ${runs}: the bare server`);
      bare!.push(await measureBare(milliseconds));
    }
    return figures(own!, bare!);
  },
};

async function measureProduct(milliseconds: number): Promise<HttpMeasurement> {
  const product = await startProduct();
  try {
    return await measure(product.target, milliseconds, product.settled);
  } finally {
    product.target.close();
    await product.stop();
  }
}

async function measureBare(milliseconds: number): Promise<HttpMeasurement> {
  const server = await startBare();
  const target = new LoadTarget(server.url, 'none');
  try {
    return await measure(target, milliseconds);
  } finally {
    target.close();
    await server.stop();
  }
}

/** Each phase starts after the previous one, including its views. */
async function measure(
  target: LoadTarget,
  milliseconds: number,
  settled?: (jobs: number) => Promise<void>,
): Promise<HttpMeasurement> {
  const load = {
    organizations: ORGANIZATIONS,
    underWay: CONNECTIONS,
    warmUpMilliseconds: milliseconds / 2,
    milliseconds,
  };
  let jobs = 0;
  const through = async (more: number) => settled?.((jobs += more));
  const started = performance.now();
  const closed = await drive(target.system('closed-'), load);
  await through(closed.jobs);
  const oneByOneRead = (closed.jobs / (performance.now() - started)) * 1_000;
  const pace = { jobsPerSecond: closed.jobsPerSecond / 2, organizations: ORGANIZATIONS, milliseconds };
  const latencies = await openLoop(target.system('open-'), pace);
  await through(latencies.jobs);
  await through(await sendBatches(target, ORGANIZATIONS, 1_000, 'warm-'));
  const batched = performance.now();
  const batchJobs = await sendBatches(target, ORGANIZATIONS, milliseconds, 'batch-');
  await through(batchJobs);
  const batches = (batchJobs / (performance.now() - batched)) * 1_000;
  return { oneByOne: closed.jobsPerSecond, ...(settled && { oneByOneRead }), batches, latencies };
}

function figures(own: readonly HttpMeasurement[], bare: readonly HttpMeasurement[]): Figure[] {
  const both = (
    name: string,
    what: string,
    unit: string,
    of: (run: HttpMeasurement) => number,
    aim?: string,
  ): Figure[] => [
    { case: name, what, unit, values: own.map(of), ratios: ratio(own.map(of), bare.map(of)), aim },
    { case: name, what: `${what}, bare Fastify`, unit, values: bare.map(of) },
  ];
  const [single, batch] = [`one by one, ${CONNECTIONS} connections`, 'batches of 500'];
  return [
    ...both(single, 'answered', 'jobs/s', ({ oneByOne }) => oneByOne),
    {
      case: single,
      what: 'until the views show it',
      unit: 'jobs/s',
      values: own.map(({ oneByOneRead }) => oneByOneRead!),
    },
    ...both('half of its maximum rate, per request', 'p50', 'ms', ({ latencies }) => latencies.p50),
    ...both('half of its maximum rate, per request', 'p99', 'ms', ({ latencies }) => latencies.p99, '≤ 3 × bare'),
    ...both(batch, 'until the views show it', 'jobs/s', ({ batches }) => batches),
  ];
}
