import type { Client } from '../client/client';
import { attempts, wait } from '../client/retry';
import { sentenceOf } from '../client/problem';
import { no } from '../stop';
import { asOutcome, badPlaces, endOutcome, isNoDecision, refusal, type BatchResult, type EndBody } from './answers'; // prettier-ignore
import { inOrder } from './in-order';
import { jobKeyOf, type Message } from './messages';
import type { Progress } from './progress-file';
import type { RefusedJobs } from './refused-jobs';
import type { RowBook } from './row-book';

const CLOUDEVENTS = 'application/cloudevents-batch+json';
const NOT_FOUND = 404;
const UNPROCESSABLE = 422;
/** The refusals of one message; anything else is about the key or the server, and ends the import. */
const REFUSALS = [NOT_FOUND, 409, UNPROCESSABLE, 429];
/** Requests under way: the ledger stores together what comes together. */
const AT_ONCE = 32;

const ROUTES: Readonly<Record<string, string>> = {
  complete: 'complete',
  fail: 'fail',
  heartbeat: 'heartbeat',
};

/** Sends messages and writes what was decided on each into the book. */
export class Sender {
  /** Some job that the server has taken. */
  witness: Progress['witness'];
  /** Outcomes that the ledger keeps for a job that it does not know yet. */
  private readonly awaiting = new Set<string>();
  private readonly organizations = new Map<string, boolean>();

  constructor(
    private readonly client: Client,
    private readonly book: RowBook,
    private readonly refusedJobs: RefusedJobs,
  ) {}

  /** Submissions first, as their answers decide which ends are sent. */
  async send(batch: readonly Message[]): Promise<void> {
    const submissions = batch.filter(({ kind }) => kind === 'submit');
    if (submissions.length > 0) await this.submit(submissions);
    const aboutJobs = batch.filter((it) => it.kind in ROUTES && !this.isOfRefused(it));
    await inOrder(aboutJobs, jobKeyOf, AT_ONCE, (message) => this.tell(message));
    const events = await this.withOrganization(batch.filter(({ kind }) => kind === 'event'));
    if (events.length > 0) await this.publish(events);
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
    const call = {
      path: '/v1/jobs/batch',
      body: { jobs: batch.map(({ body }) => body) },
      as: 'service',
    } as const;
    return (await this.client.request<{ results: readonly BatchResult[] }>(call)).body.results;
  }

  private noted(message: Message, result: BatchResult | undefined): boolean {
    if (isNoDecision(result)) return false;
    const outcome = asOutcome(message, result);
    this.book.record(message.row, outcome);
    if (outcome.kind === 'refused') {
      this.refusedJobs.refused(message);
      this.book.close(message.row);
      return true;
    }
    this.refusedJobs.taken(message);
    this.witness = { organizationId: message.organizationId, jobId: message.jobId };
    if (this.awaiting.delete(jobKeyOf(message))) this.book.summary.awaiting--;
    return true;
  }

  /** By the job's own route, which answers with the decision. */
  private async tell(message: Message): Promise<void> {
    const path = `/v1/jobs/${encodeURIComponent(message.jobId)}/${ROUTES[message.kind]}`;
    const call = { path, body: message.body, as: 'service' } as const;
    const { status, body } = await this.client.request<EndBody>(call, REFUSALS);
    const outcome = endOutcome(message, status, body);
    this.book.record(message.row, outcome);
    if (outcome.kind === 'refused') return;
    this.refusedJobs.ended(message);
    if (outcome.kind !== 'accepted' || !outcome.isAwaiting) return;
    if (!this.awaiting.has(jobKeyOf(message))) this.book.summary.awaiting++;
    this.awaiting.add(jobKeyOf(message));
  }

  /** The server takes all events of a request or none: those that it names as bad are left out of the next one. */
  private async publish(batch: readonly Message[]): Promise<void> {
    for (let waiting = batch; waiting.length > 0;) {
      const call = { path: '/v1/events', body: waiting.map(({ body }) => body), contentType: CLOUDEVENTS };
      const { status, body } = await this.client.request({ ...call, as: 'service' }, [UNPROCESSABLE]);
      const bad = badPlaces(body);
      if (status === UNPROCESSABLE && bad.size === 0)
        throw no(sentenceOf(status, body, this.client.where), body);
      waiting.forEach((message, at) => {
        const said = bad.get(at);
        if (said !== undefined) this.book.record(message.row, refusal(message, 'invalid_input', said));
        else if (status !== UNPROCESSABLE) this.book.record(message.row, { kind: 'accepted', credits: 0 });
      });
      if (status !== UNPROCESSABLE) return;
      waiting = waiting.filter((_, at) => !bad.has(at));
    }
  }

  /** The bus gives no answer, so what the ledger would refuse there is found out before. */
  private async withOrganization(events: readonly Message[]): Promise<readonly Message[]> {
    const known: Message[] = [];
    for (const message of events) {
      if (await this.isOrganization(message.organizationId)) known.push(message);
      else this.book.record(message.row, refusal(message, 'unknown_organization', 'There is no such organization.')); // prettier-ignore
    }
    return known;
  }

  private async isOrganization(id: string | undefined): Promise<boolean> {
    if (id === undefined) return true;
    const found = this.organizations.get(id);
    if (found !== undefined) return found;
    const call = { path: `/v1/organizations/${encodeURIComponent(id)}`, as: 'service' } as const;
    const isThere = (await this.client.request(call, [NOT_FOUND])).status !== NOT_FOUND;
    this.organizations.set(id, isThere);
    return isThere;
  }

  private isOfRefused(message: Message): boolean {
    if (!this.refusedJobs.isRefused(message)) return false;
    this.book.record(message.row, refusal(message, 'job_refused', 'Not sent, as its job was refused.'));
    return true;
  }
}
