import { setTimeout as pause } from 'node:timers/promises';
import { call } from '../../support/server';
import { goodJob } from './poison';
import { operator, type FaultCluster } from './fault-cluster';

const BATCHED = { 'content-type': 'application/cloudevents-batch+json' };
const ACCEPTED = new Set([200, 201, 202]);

type LoadStep = 'reserve' | 'complete' | 'events';

/** An HTTP response with its times. */
export interface TimedResponse {
  readonly step: LoadStep;
  /** Start of the request, by the clock of the process. */
  readonly asked: number;
  readonly came: number;
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: unknown;
}

/** Submits jobs of one page by HTTP, as events and over Kafka at a constant rate, and repeats them until acknowledged. */
export class SteadyLoad {
  readonly answers: TimedResponse[] = [];
  /** Number of jobs with acknowledged submission and outcome, by organization. */
  readonly done = new Map<string, number>();
  private readonly stopping = new AbortController();
  private readonly tasks: Promise<void>[] = [];
  private readonly ways: readonly Promise<void>[];
  private count = 0;

  constructor(
    private readonly cluster: FaultCluster,
    private readonly ids: readonly string[],
    private readonly key: string,
  ) {
    this.ways = [
      this.every(120, (organizationId, id) => this.byJobs(organizationId, id)),
      this.every(400, (organizationId, id) => this.byEvents(organizationId, id)),
      this.every(400, (organizationId, id) => cluster.thirdParty.send('jobs.lifecycle', goodJob(organizationId, id))),
    ];
  }

  /** Resolves when every started job is acknowledged. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.ways);
    await Promise.all(this.tasks);
  }

  /** Requests that started and ended in the interval. */
  during(step: LoadStep, from: number, to: number): TimedResponse[] {
    return this.answers.filter((it) => it.step === step && it.asked >= from && it.came <= to);
  }

  private async every(milliseconds: number, begin: (organizationId: string, id: string) => Promise<void>) {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const at = (this.count += 1);
      const organizationId = this.ids[at % this.ids.length]!;
      const acknowledged = () => void this.done.set(organizationId, (this.done.get(organizationId) ?? 0) + 1);
      const task = begin(organizationId, `load-${at}`).then(acknowledged);
      // `stop` reports the error.
      task.catch(() => undefined);
      this.tasks.push(task);
      await pause(milliseconds, undefined, { signal }).catch(() => undefined);
    }
  }

  private async byJobs(organizationId: string, id: string): Promise<void> {
    const job = { id, organizationId, operation: 'document-extraction', usage: { pages: 1 } };
    await this.say('reserve', '/v1/jobs', job);
    await this.say('complete', `/v1/jobs/${id}/complete`, { organizationId });
  }

  private byEvents(organizationId: string, id: string): Promise<void> {
    const events = goodJob(organizationId, id).map(({ value }) => JSON.parse(String(value)) as object);
    return this.say('events', '/v1/events', events, BATCHED);
  }

  private async say(step: LoadStep, path: string, body: object, headers?: Record<string, string>): Promise<void> {
    for (;;) {
      const asked = performance.now();
      const { url } = this.cluster.installation;
      const answer = await call(url + path, { key: this.key, body, headers });
      const { status } = answer;
      const retryAfter = answer.headers.get('retry-after');
      this.answers.push({ step, asked, came: performance.now(), status, retryAfter, body: answer.body });
      if (ACCEPTED.has(status)) return;
      // Respects Retry-After.
      await pause(Number(retryAfter ?? 1) * 1_000);
    }
  }
}

/** Starts the load with a service key. */
export async function startLoad(cluster: FaultCluster, ids: readonly string[]): Promise<SteadyLoad> {
  const { body } = await operator(cluster, '/v1/ops/keys', { role: 'service', name: 'load' });
  return new SteadyLoad(cluster, ids, (body as { key: string }).key);
}
