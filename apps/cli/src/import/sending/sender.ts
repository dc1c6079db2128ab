import type { CliClient } from '../../client/client';
import { Backoff } from '@tallystick/runtime';
import { commandError } from '../../command-exit';
import { resultOf, isUndecided, refusedRow, type BatchResult } from './batch-results';
import { BusEvents } from './bus-events';
import { inParallel } from './in-parallel';
import { jobKeyOf, type ImportMessage } from '../source/messages';
import type { SampleJob } from './sample-job';
import type { RefusedJobs } from './refused-jobs';
import type { ImportTracker } from '../progress/import-tracker';

/** Status of an outcome that the ledger stores until its job is submitted. */
const ACCEPTED = 202;
const NOT_FOUND = 404;
const UNPROCESSABLE = 422;
/** Concurrent heartbeat requests. */
const MAX_HEARTBEATS = 32;
const ATTEMPTS = 6;
const PAUSES = { firstMilliseconds: 300, maxMilliseconds: 10_000 };

/** Sends messages and records each decision in the tracker. */
export class Sender {
  /** Last job that the server accepted. */
  sampleJob: SampleJob | undefined;
  /** Jobs whose outcome was sent before their submission. */
  private readonly awaiting = new Set<string>();
  private readonly busEvents: BusEvents;

  constructor(
    private readonly client: CliClient,
    private readonly tracker: ImportTracker,
    private readonly refusedJobs: RefusedJobs,
  ) {
    this.busEvents = new BusEvents(client, tracker);
  }

  /** Sends submissions first: their results decide which outcomes are sent. */
  async send(batch: readonly ImportMessage[]): Promise<void> {
    const submissions = batch.filter(({ kind }) => kind === 'submit');
    await this.decided(submissions, '/v1/jobs/batch', 'jobs', (message, result) => this.submitted(message, result));
    const others = batch.filter((it) => it.kind !== 'submit' && !this.isOfRefused(it));
    await inParallel(
      others.filter(({ kind }) => kind === 'heartbeat'),
      MAX_HEARTBEATS,
      (it) => this.beat(it),
    );
    const ends = others.filter(({ kind }) => kind === 'complete' || kind === 'fail');
    await this.decided(ends, '/v1/jobs/outcomes', 'outcomes', (message, result) => this.ended(message, result));
    await this.busEvents.send(others.filter(({ kind }) => kind === 'event'));
    for (const { row, closes } of batch) if (closes) this.tracker.close(row);
  }

  /** Sends a batch, and retries only the messages without a decision. */
  private async decided(
    batch: readonly ImportMessage[],
    path: string,
    member: string,
    note: (message: ImportMessage, result: BatchResult | undefined) => void,
  ): Promise<void> {
    let waiting = batch;
    const backoff = new Backoff(PAUSES);
    while (waiting.length > 0) {
      const call = { path, body: { [member]: waiting.map(({ body }) => body) }, as: 'service' } as const;
      const { results } = (await this.client.request<{ results: readonly BatchResult[] }>(call)).body;
      waiting.forEach((message, at) => isUndecided(results[at]) || note(message, results[at]));
      waiting = waiting.filter((_, at) => isUndecided(results[at]));
      if (waiting.length === 0) return;
      if (backoff.failures === ATTEMPTS - 1)
        throw commandError(
          'The ledger is not available. Run the same command again later: it continues where it stopped.',
        );
      await backoff.wait();
    }
  }

  private submitted(message: ImportMessage, result: BatchResult | undefined): void {
    const outcome = resultOf(message, result);
    this.tracker.record(message.row, outcome);
    if (outcome.kind === 'refused') {
      this.refusedJobs.refused(message);
      return this.tracker.close(message.row);
    }
    this.refusedJobs.taken(message);
    this.sampleJob = { organizationId: message.organizationId, jobId: message.jobId };
    if (this.awaiting.delete(jobKeyOf(message))) this.tracker.summary.awaiting--;
  }

  private ended(message: ImportMessage, result: BatchResult | undefined): void {
    const outcome = resultOf(message, result);
    this.tracker.record(message.row, outcome);
    if (outcome.kind === 'refused') return;
    this.refusedJobs.ended(message);
    if (result?.httpStatus !== ACCEPTED || this.awaiting.has(jobKeyOf(message))) return;
    this.awaiting.add(jobKeyOf(message));
    this.tracker.summary.awaiting++;
  }

  private async beat(message: ImportMessage): Promise<void> {
    const path = `/v1/jobs/${encodeURIComponent(message.jobId)}/heartbeat`;
    const { status, body } = await this.client.request<BatchResult>({ path, body: message.body, as: 'service' }, [
      NOT_FOUND,
      UNPROCESSABLE,
    ]);
    this.tracker.record(message.row, resultOf(message, status < 400 ? {} : { ...body, status }));
  }

  private isOfRefused(message: ImportMessage): boolean {
    if (!this.refusedJobs.isRefused(message)) return false;
    this.tracker.record(message.row, refusedRow(message, 'job_refused', 'Not sent, because its job was refused.'));
    return true;
  }
}
