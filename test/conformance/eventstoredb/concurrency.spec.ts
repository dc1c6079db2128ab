import { CommandAborted, StoreUnavailable, CommandHandler, UnknownOutcome } from '@tallystick/eventing';
import type { Decider } from '@tallystick/domain/kernel';
import { Random } from '../../simulation/random';
import { StoreFixture } from '../../support/eventstoredb/store-fixture';
import type { TestServer } from '../../support/eventstoredb/server';

/** A decider that counts each job once, for any number of repetitions. */
type CountsByJob = Map<string, number>;
interface CountedJob {
  readonly id: string;
  readonly credits: number;
}
interface Counted {
  readonly type: 'counted';
  readonly data: CountedJob;
  readonly metadata: object;
}
type CountAnswer = 'counted' | 'known';

const decider = (looksAtState: boolean): Decider<CountsByJob, CountedJob, Counted, CountAnswer> => ({
  initial: () => new Map(),
  due: () => [],
  decide: (job, state) =>
    looksAtState && state.has(job.id)
      ? { events: [], answer: 'known' }
      : { events: [{ type: 'counted', data: job, metadata: {} }], answer: 'counted' },
  evolve: (state, { data: { id, credits } }) => state.set(id, credits),
});

// Broken connections are the slowest part on a loaded machine.
jest.setTimeout(60_000);

const JOBS = 240;
const STREAMS = ['credits-a', 'credits-b', 'credits-c'];

/** Faults for the next appends. Even a delay of 0 lets other appends overtake. */
function addFaults(server: TestServer, random: Random, count: number): void {
  for (let i = 0; i < count; i++) {
    const chance = random.next();
    if (chance < 0.03) server.faults.add('cut');
    else if (chance < 0.1) server.faults.add('store, then cut');
    else if (chance < 0.13) server.faults.add('black hole');
    else if (chance < 0.2) server.faults.add('store, then black hole');
    else if (chance < 0.25) server.faults.add({ delay: random.between(50, 200) });
    else server.faults.add({ delay: random.below(5) });
  }
}

describe('Two replicas with concurrent appends and random faults', () => {
  const bench = new StoreFixture();
  afterEach(() => bench.close());

  /** `twice`: how many of three jobs are sent two times concurrently. */
  async function storm(seed: number, looksAtState: boolean, twice: number) {
    const random = new Random(seed);
    const server = await bench.start({ timing: 'real' });
    const failures: unknown[] = [];
    const replica = async () =>
      new CommandHandler<CountsByJob, CountedJob, Counted, CountAnswer>({
        store: await bench.open(server, { appendTimeoutMs: 100, resubscribeMs: 100 }),
        decider: decider(looksAtState),
        decode: ({ data }) => ({ type: 'counted', data: data as CountedJob, metadata: {} }),
        isImmutable: (answer) => answer === 'known',
        maxGroup: 3,
      });
    const replicas = [await replica(), await replica()];
    addFaults(server, random, 250);
    /** Like a caller: sends the same job to the next replica until one responds. */
    const bring = async (stream: string, job: CountedJob) => {
      for (;;)
        try {
          return (await random.pick(replicas).execute(stream, job)).answer;
        } catch (error) {
          failures.push(error);
        }
    };
    const jobs = Array.from({ length: JOBS }, (_, i) => ({ id: `job-${i}`, credits: random.between(1, 9) }));
    const answers: CountAnswer[] = [];
    for (let i = 0; i < JOBS; i += 15) {
      const restarted = i % 75 === 60 ? server.restart() : undefined;
      const brought = jobs.slice(i, i + 15).flatMap((job, n) => (n % 3 < twice ? [job, job] : [job]));
      const streamOf = ({ credits }: CountedJob) => STREAMS[credits % STREAMS.length]!;
      answers.push(...(await Promise.all(brought.map((job) => bring(streamOf(job), job)))));
      await restarted;
    }
    await Promise.all(replicas.map((it) => it.stop()));
    return { server, jobs, answers, failures };
  }

  const countedOn = (server: TestServer) =>
    server.log.events
      .filter(({ stream }) => STREAMS.includes(stream))
      .map(({ data }) => (JSON.parse(Buffer.from(data).toString()) as CountedJob).id);

  it.each([1, 2])('count every job once, in streams without gaps (seed %i)', async (seed) => {
    const { server, jobs, answers, failures } = await storm(seed, true, 1);
    expect(answers).toHaveLength((JOBS / 3) * 4);
    expect(countedOn(server).sort()).toEqual(jobs.map(({ id }) => id).sort());
    for (const stream of STREAMS) {
      const events = server.log.events.filter((event) => event.stream === stream);
      expect(events.map(({ revision }) => revision)).toEqual(events.map((_, i) => i));
    }
    for (const failure of failures)
      expect([StoreUnavailable, CommandAborted, UnknownOutcome].some((kind) => failure instanceof kind)).toBe(true);
  });

  it('count some jobs twice without a check of the state: ids and revisions are not sufficient', async () => {
    const { server, jobs } = await storm(1, false, 0);
    expect(countedOn(server).length).toBeGreaterThan(jobs.length);
  });
});
