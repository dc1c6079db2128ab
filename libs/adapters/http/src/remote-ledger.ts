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
} from '@tallystick/contracts/ledger';
import { notAsked, type HttpCalls, type InternalRoute } from './http-calls';
import { Together } from './together';

/** The ledger of other processes. What would move credits is asked in groups, and no more of it than can be answered soon. */
export class RemoteLedger extends LedgerClient {
  private readonly submissions: Together<Submission, SubmitReply>;
  private readonly endings: Together<Ending, EndReply>;

  constructor(private readonly http: HttpCalls) {
    super();
    const options = {
      mostWaiting: http.mostWaiting,
      tooMany: () => notAsked('too many jobs wait for it already'),
    };
    this.submissions = new Together((items) => this.ask('submit', items), options);
    this.endings = new Together((items) => this.ask('end', items), options);
  }

  override submit(submissions: readonly Submission[]): Promise<readonly SubmitReply[]> {
    return this.submissions.add(submissions);
  }

  override end(endings: readonly Ending[]): Promise<readonly EndReply[]> {
    return this.endings.add(endings);
  }

  override heartbeat(job: JobReference): Promise<HeartbeatReply> {
    return this.ask('heartbeat', job);
  }

  override preview(submissions: readonly Submission[]): Promise<readonly PreviewReply[]> {
    return this.ask('preview', submissions);
  }

  /** Whatever else the caller's job has, only what names it travels: unknown members are refused there. */
  override job({ organizationId, jobId }: JobReference): Promise<JobView | undefined> {
    return this.http.call('job', { organizationId, jobId });
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
