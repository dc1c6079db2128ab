import { EVENTS_PER_JOB } from '../support/leapocr';
import { completions, submissions, wholeJobs } from './jobs';
import { processorSeconds } from './processor';
import { whileHeld, type Side } from './side';
import { Topics } from './topics';

export interface KafkaLoad {
  readonly organizations: number;
  /** Jobs per phase. */
  readonly jobs: number;
  readonly warmUpJobs: number;
}

export interface KafkaMeasurement {
  /** Complete jobs per second, until each is decided, durable and acknowledged. */
  readonly jobs: number;
  /** Complete jobs per second, until the balances and credits.events contain them. */
  readonly read: number;
  /** Completions per second of jobs that were reserved before. */
  readonly settles: number;
  /** CPU seconds per 1,000 complete jobs, including views and publishing. */
  readonly consumers: number;
  readonly eventStore: number;
}

/** Movements of the setup of an organization. */
const EVENTS_BEFORE = 2;

/** Warm-up, complete jobs, and then as many jobs that are first reserved and then settled. */
export async function measure(side: Side, brokers: readonly string[], load: KafkaLoad): Promise<KafkaMeasurement> {
  const topics = await Topics.open({ ...side, brokers });
  try {
    await topics.joined(side.pids.length);
    const phases = new Phases(side, topics, load);
    await phases.warmUp();
    return { ...(await phases.wholeJobs()), settles: await phases.settles() };
  } finally {
    await topics.close();
  }
}

class Phases {
  private settled = 0;

  constructor(
    private readonly side: Side,
    private readonly topics: Topics,
    private readonly load: KafkaLoad,
  ) {}

  async warmUp(): Promise<void> {
    const { organizations, warmUpJobs } = this.load;
    await this.topics.fill(wholeJobs({ organizations, count: warmUpJobs, phase: 'warm' }));
    await this.topics.consumed();
    await this.through(warmUpJobs);
  }

  async wholeJobs(): Promise<Omit<KafkaMeasurement, 'settles'>> {
    const { organizations, jobs: count } = this.load;
    const { pids, eventStore } = this.side;
    const used = () => [processorSeconds(pids), eventStore ? processorSeconds([eventStore]) : NaN];
    await whileHeld(pids, () => this.topics.fill(wholeJobs({ organizations, count, phase: 'whole' })));
    const [before, started] = [used(), performance.now()];
    await this.topics.consumed();
    const decided = performance.now();
    await this.through(count);
    const read = performance.now();
    const [consumers, store] = used().map((now, i) => (1_000 * (now - before[i]!)) / count);
    return {
      jobs: this.rate(started, decided),
      read: this.rate(started, read),
      consumers: consumers!,
      eventStore: store!,
    };
  }

  async settles(): Promise<number> {
    const { organizations, jobs: count } = this.load;
    const jobs = { organizations, count, phase: 'two' };
    await this.topics.fill(submissions(jobs));
    await this.topics.consumed();
    await this.through(0, count);
    await whileHeld(this.side.pids, () => this.topics.fill(completions(jobs)));
    const started = performance.now();
    await this.topics.consumed();
    const settled = performance.now();
    await this.through(count);
    return this.rate(started, settled);
  }

  /** Waits until the balances show it, which also checks the totals. */
  private async through(settled: number, open = 0): Promise<void> {
    this.settled += settled;
    await this.side.settled(this.settled, open);
    const { organizations } = this.load;
    const events = EVENTS_BEFORE * organizations + EVENTS_PER_JOB * this.settled + open;
    if (this.side.publishes) await this.topics.published(events);
  }

  private rate(from: number, to: number): number {
    return (1_000 * this.load.jobs) / (to - from);
  }
}
