import type { Client } from '../client/client';
import { attempts, wait } from '../client/retry';
import { sentenceOf } from '../client/problem';
import { no } from '../stop';
import { asOutcome, badPlaces, isNoDecision, refusal, type BatchResult } from './answers';
import { jobIdOf, organizationOf, SUBMITTED, type Message } from './messages';
import type { Progress } from './progress-file';
import type { RowBook } from './row-book';

const CLOUDEVENTS = 'application/cloudevents-batch+json';
const UNPROCESSABLE = 422;

const keyOf = ({ event }: Message): string => JSON.stringify([organizationOf(event), jobIdOf(event)]);
const referenceOf = ({ event }: Message) => ({
  organizationId: organizationOf(event),
  jobId: textOf(jobIdOf(event)),
});

const textOf = (id: unknown): string => (typeof id === 'string' ? id : (JSON.stringify(id) ?? ''));

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

  /** The server takes all events of a request or none: those that it names as bad are left out of the next one. */
  private async publish(batch: readonly Message[]): Promise<void> {
    for (let waiting = batch; waiting.length > 0;) {
      const call = { path: '/v1/events', body: waiting.map(({ event }) => event), contentType: CLOUDEVENTS };
      const { status, body } = await this.client.request({ ...call, as: 'service' }, [UNPROCESSABLE]);
      if (status !== UNPROCESSABLE) return waiting.forEach((message) => this.published(message));
      const bad = badPlaces(body);
      if (bad.size === 0) throw no(sentenceOf(status, body, this.client.where), body);
      for (const [at, said] of bad)
        this.book.record(waiting[at]!.row, refusal(waiting[at]!, 'invalid_input', said));
      waiting = waiting.filter((_, at) => !bad.has(at));
    }
  }

  private published(message: Message): void {
    this.book.record(message.row, { kind: 'accepted', credits: 0 });
    const { organizationId, jobId } = referenceOf(message);
    if (organizationId !== undefined) this.lastEnds.set(organizationId, jobId);
  }

  private isOfRefused(message: Message): boolean {
    if (!this.refused.delete(keyOf(message))) return false;
    this.book.record(message.row, refusal(message, 'job_refused', 'Not sent, as its job was refused.'));
    return true;
  }
}
