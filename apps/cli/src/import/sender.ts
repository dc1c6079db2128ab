import type { Client } from '../client/client';
import { attempts, wait } from '../client/retry';
import { no } from '../stop';
import { asOutcome, isNoDecision, refusal, type BatchResult } from './answers';
import { jobIdOf, organizationOf, SUBMITTED, type Message } from './messages';
import type { Progress } from './progress-file';
import type { RowBook } from './row-book';

const CLOUDEVENTS = 'application/cloudevents-batch+json';

const keyOf = ({ event }: Message): string => JSON.stringify([organizationOf(event), jobIdOf(event)]);
const referenceOf = ({ event }: Message) => ({
  organizationId: organizationOf(event),
  jobId: String(jobIdOf(event)),
});

/** Sends messages and writes their answers into the book. */
export class Sender {
  /** Jobs that were refused and whose end may still come: it is not sent, or the ledger would wait for the job. */
  private readonly refused = new Set<string>();
  /** Of each organization, the job whose end was sent last. */
  readonly lastEnds = new Map<string, string>();
  /** Some job that the server has taken. */
  witness: Progress['witness'];

  constructor(
    private readonly client: Client,
    private readonly book: RowBook,
  ) {}

  /** Submissions first, as their answers decide which ends are sent. */
  async send(batch: readonly Message[]): Promise<void> {
    const submissions = batch.filter(({ event }) => event.type === SUBMITTED);
    if (submissions.length > 0) await this.submit(submissions);
    const others = batch.filter((message) => message.event.type !== SUBMITTED && !this.isOfRefused(message));
    if (others.length > 0) await this.publish(others);
    for (const { row, closes } of batch) if (closes) this.book.close(row);
  }

  /** Rows that the ledger could not answer for are sent again, alone; the answers of the others stand. */
  private async submit(batch: readonly Message[]): Promise<void> {
    let waiting = batch;
    for (const [attempt, isLast] of attempts()) {
      const results = await this.ask(waiting);
      waiting = waiting.filter((message, at) => !this.noted(message, results[at]));
      if (waiting.length === 0) return;
      if (isLast) break;
      await wait(attempt);
    }
    throw no('The ledger is not available. Run the same command again later: it goes on where it stopped.');
  }

  private async ask(batch: readonly Message[]): Promise<readonly BatchResult[]> {
    const jobs = batch.map(({ event }) => ({ ...event.data, id: jobIdOf(event), occurredAt: event.time }));
    const call = { path: '/v1/jobs/batch', body: { jobs }, as: 'service' } as const;
    return (await this.client.request<{ results: readonly BatchResult[] }>(call)).body.results;
  }

  private noted(message: Message, result: BatchResult | undefined): boolean {
    if (isNoDecision(result)) return false;
    const outcome = asOutcome(message, result);
    this.book.record(message.row, outcome);
    if (outcome.kind !== 'refused') {
      this.witness = referenceOf(message);
      return true;
    }
    this.refused.add(keyOf(message));
    this.book.close(message.row);
    return true;
  }

  private async publish(batch: readonly Message[]): Promise<void> {
    const { body } = await this.client.request<{ results?: readonly BatchResult[] } | undefined>({
      path: '/v1/events',
      body: batch.map(({ event }) => event),
      contentType: CLOUDEVENTS,
      as: 'service',
    });
    batch.forEach((message, at) => {
      this.book.record(message.row, asOutcome(message, body?.results?.[at] ?? {}));
      const { organizationId, jobId } = referenceOf(message);
      if (organizationId !== undefined) this.lastEnds.set(organizationId, jobId);
    });
  }

  private isOfRefused(message: Message): boolean {
    if (!this.refused.delete(keyOf(message))) return false;
    this.book.record(message.row, refusal(message, 'job_refused', 'Not sent, as its job was refused.'));
    return true;
  }
}
