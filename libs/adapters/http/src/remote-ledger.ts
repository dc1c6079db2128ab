import {
  LedgerClient,
  type Ending,
  type EndReply,
  type HeartbeatReply,
  type JobReference,
  type JobsQuery,
  type JobView,
  type Page,
  type PreviewReply,
  type RetentionReply,
  type Submission,
  type SubmitReply,
} from '@tallystick/contracts';
import { HttpCalls, type InternalRoute, type LedgerAddress } from './http-calls';

/** The ledger of another process. */
export class RemoteLedger extends LedgerClient {
  private readonly http: HttpCalls;

  constructor(ledger: LedgerAddress) {
    super();
    this.http = new HttpCalls(ledger);
  }

  override submit(submissions: readonly Submission[]): Promise<readonly SubmitReply[]> {
    return this.ask('submit', submissions);
  }

  override end(endings: readonly Ending[]): Promise<readonly EndReply[]> {
    return this.ask('end', endings);
  }

  override heartbeat(job: JobReference): Promise<HeartbeatReply> {
    return this.ask('heartbeat', job);
  }

  override preview(submissions: readonly Submission[]): Promise<readonly PreviewReply[]> {
    return this.ask('preview', submissions);
  }

  override job(job: JobReference): Promise<JobView | undefined> {
    return this.http.call('job', job);
  }

  override jobs(query: JobsQuery): Promise<Page<JobView>> {
    return this.ask('jobs', query);
  }

  override retention(organizationId: string): Promise<RetentionReply> {
    return this.ask('retention', organizationId);
  }

  /** For what always has a result. */
  private async ask<Result>(route: InternalRoute, argument: unknown): Promise<Result> {
    const result = await this.http.call<Result>(route, argument);
    if (result === undefined) throw new Error(`The ledger answered ${route} without a result.`);
    return result;
  }
}
