import type { Client } from '../client/client';
import { Backoff } from '@tallystick/runtime';
import { no } from '../stop';
import { asOutcome, isNoDecision, refusal, type BatchResult } from './answers';
import { BusEvents } from './bus-events';
import { inParallel } from './in-parallel';
import { jobKeyOf, type Message } from './messages';
import type { Progress } from './progress-file';
import type { RefusedJobs } from './refused-jobs';
import type { RowBook } from './row-book';

/** An outcome that waits for its job. */
const ACCEPTED = 202;
const NOT_FOUND = 404;
const UNPROCESSABLE = 422;
/** Heartbeats under way. */
const AT_ONCE = 32;
const ATTEMPTS = 6;
const PAUSES = { firstMilliseconds: 300, maxMilliseconds: 10_000 };

/** Sends messages and writes what was decided on each into the book. */
export class Sender {
  /** Some job that the server has taken. */
  witness: Progress['witness'];
  /** Outcomes that the ledger keeps for a job that it does not know yet. */
  private readonly awaiting = new Set<string>();
  private readonly busEvents: BusEvents;

  constructor(
    private readonly client: Client,
    private readonly book: RowBook,
    private readonly refusedJobs: RefusedJobs,
  ) {
    this.busEvents = new BusEvents(client, book);
  }

  /** Submissions first, as their answers decide which ends are sent. */
  async send(batch: readonly Message[]): Promise<void> {
    const submissions = batch.filter(({ kind }) => kind === 'submit');
    await this.decided(submissions, '/v1/jobs/batch', 'jobs', (message, result) => this.submitted(message, result));
    const others = batch.filter((it) => it.kind !== 'submit' && !this.isOfRefused(it));
    await inParallel(
      others.filter(({ kind }) => kind === 'heartbeat'),
      AT_ONCE,
      (it) => this.beat(it),
    );
    const ends = others.filter(({ kind }) => kind === 'complete' || kind === 'fail');
    await this.decided(ends, '/v1/jobs/outcomes', 'outcomes', (message, result) => this.ended(message, result));
    await this.busEvents.send(others.filter(({ kind }) => kind === 'event'));
    for (const { row, closes } of batch) if (closes) this.book.close(row);
  }

  /** What the ledger could not answer for is sent again, alone; the answers to the others stand. */
  private async decided(
    batch: readonly Message[],
    path: string,
    member: string,
    note: (message: Message, result: BatchResult | undefined) => void,
  ): Promise<void> {
    let waiting = batch;
    const backoff = new Backoff(PAUSES);
    while (waiting.length > 0) {
      const call = { path, body: { [member]: waiting.map(({ body }) => body) }, as: 'service' } as const;
      const { results } = (await this.client.request<{ results: readonly BatchResult[] }>(call)).body;
      waiting.forEach((message, at) => isNoDecision(results[at]) || note(message, results[at]));
      waiting = waiting.filter((_, at) => isNoDecision(results[at]));
      if (waiting.length === 0) return;
      if (backoff.failures === ATTEMPTS - 1)
        throw no('The ledger is not available. Run the same command again later: it goes on where it stopped.');
      await backoff.wait();
    }
  }

  private submitted(message: Message, result: BatchResult | undefined): void {
    const outcome = asOutcome(message, result);
    this.book.record(message.row, outcome);
    if (outcome.kind === 'refused') {
      this.refusedJobs.refused(message);
      return this.book.close(message.row);
    }
    this.refusedJobs.taken(message);
    this.witness = { organizationId: message.organizationId, jobId: message.jobId };
    if (this.awaiting.delete(jobKeyOf(message))) this.book.summary.awaiting--;
  }

  private ended(message: Message, result: BatchResult | undefined): void {
    const outcome = asOutcome(message, result);
    this.book.record(message.row, outcome);
    if (outcome.kind === 'refused') return;
    this.refusedJobs.ended(message);
    if (result?.httpStatus !== ACCEPTED || this.awaiting.has(jobKeyOf(message))) return;
    this.awaiting.add(jobKeyOf(message));
    this.book.summary.awaiting++;
  }

  private async beat(message: Message): Promise<void> {
    const path = `/v1/jobs/${encodeURIComponent(message.jobId)}/heartbeat`;
    const { status, body } = await this.client.request<BatchResult>({ path, body: message.body, as: 'service' }, [
      NOT_FOUND,
      UNPROCESSABLE,
    ]);
    this.book.record(message.row, asOutcome(message, status < 400 ? {} : { ...body, status }));
  }

  private isOfRefused(message: Message): boolean {
    if (!this.refusedJobs.isRefused(message)) return false;
    this.book.record(message.row, refusal(message, 'job_refused', 'Not sent, as its job was refused.'));
    return true;
  }
}
