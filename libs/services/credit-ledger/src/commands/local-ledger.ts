import { Injectable } from '@nestjs/common';
import {
  LedgerClient,
  type AwaitingJob,
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
import { Clock } from '@tallystick/runtime';
import { endCommand, endReply, extendCommand, heartbeatReply, submitCommand, submitReply } from './ledger-mapping';
import { JobsReader } from '../reading/jobs-reader';
import { LedgerService } from './ledger.service';
import { PreviewService } from '../reading/preview.service';
import { RefusalsService } from './refusals.service';
import { SettingsService } from '../organizations/settings.service';
import { orUnavailable } from './unavailable';

/** The ledger as job-intake asks it, in the same process. */
@Injectable()
export class LocalLedger extends LedgerClient {
  constructor(
    private readonly ledger: LedgerService,
    private readonly reader: JobsReader,
    private readonly previews: PreviewService,
    private readonly refusals: RefusalsService,
    private readonly settings: SettingsService,
    private readonly clock: Clock,
  ) {
    super();
  }

  /** Handed over at once and in order, so that what belongs to one organization is decided and stored together. */
  override async submit(submissions: readonly Submission[]): Promise<readonly SubmitReply[]> {
    const now = this.clock.instant();
    const replies = await Promise.all(submissions.map((submission) => orUnavailable(this.submitOne(submission, now))));
    if (replies.some(({ kind }) => kind === 'refused')) await this.refusals.kept();
    return replies;
  }

  override end(endings: readonly Ending[]): Promise<readonly EndReply[]> {
    const now = this.clock.instant();
    return Promise.all(
      endings.map((ending) =>
        orUnavailable(this.ledger.execute(ending.organizationId, endCommand(ending, now)).then(endReply)),
      ),
    );
  }

  override heartbeat(job: JobReference): Promise<HeartbeatReply> {
    const command = extendCommand(job, this.clock.instant());
    return orUnavailable(this.ledger.execute(job.organizationId, command).then(heartbeatReply));
  }

  override preview(submissions: readonly Submission[]): Promise<readonly PreviewReply[]> {
    return this.previews.preview(submissions, this.clock.instant());
  }

  override job(job: JobReference): Promise<JobView | AwaitingJob | undefined> {
    return this.reader.one(job);
  }

  override jobs(query: JobsQuery): Promise<Page<JobView>> {
    return this.reader.page(query);
  }

  override retention(organizationId: string): Promise<RetentionReply> {
    return this.settings.retention(organizationId);
  }

  private async submitOne(submission: Submission, now: string): Promise<SubmitReply> {
    const reply = submitReply(await this.ledger.execute(submission.organizationId, submitCommand(submission, now)));
    if (reply.kind === 'refused') this.refusals.note(submission, reply, now);
    return reply;
  }
}
