import { Injectable } from '@nestjs/common';
import type { Page } from '@tallystick/contracts/http';
import type {
  AwaitingJob,
  CommandReply,
  Ending,
  EndReply,
  GrantEnding,
  GrantGrace,
  HeartbeatReply,
  JobReference,
  JobsQuery,
  JobView,
  LedgerClient,
  LedgerTerms,
  OverageChange,
  PlanPayment,
  PlanReply,
  PlanSchedule,
  PreviewReply,
  RetentionReply,
  SoldCredits,
  SoldGrant,
  Submission,
  SubmitReply,
} from '@tallystick/contracts/ledger';
import { Clock } from '@tallystick/runtime';
import { endCommand, endReply, extendCommand, heartbeatReply, submitCommand, submitReply } from './ledger-mapping';
import { JobsReader } from '../reading/jobs-reader';
import { LedgerService } from './ledger.service';
import { PlanCallsService } from './plan-calls.service';
import { PreviewService } from '../reading/preview.service';
import { RefusalsService } from './refusals.service';
import { SettingsService } from '../organizations/settings.service';
import { orUnavailable } from './unavailable';

/** The calls of other services, answered in this process. */
@Injectable()
export class LocalLedger implements LedgerClient {
  constructor(
    private readonly ledger: LedgerService,
    private readonly reader: JobsReader,
    private readonly previews: PreviewService,
    private readonly refusals: RefusalsService,
    private readonly settings: SettingsService,
    private readonly plans: PlanCallsService,
    private readonly clock: Clock,
  ) {}

  /** All in one turn and in order, so that the jobs of an organization are decided and stored together. */
  async submit(submissions: readonly Submission[]): Promise<readonly SubmitReply[]> {
    const now = this.clock.instant();
    const replies = await Promise.all(submissions.map((submission) => orUnavailable(this.submitOne(submission, now))));
    if (replies.some(({ kind }) => kind === 'refused')) await this.refusals.flushed();
    return replies;
  }

  end(endings: readonly Ending[]): Promise<readonly EndReply[]> {
    const now = this.clock.instant();
    return Promise.all(
      endings.map((ending) =>
        orUnavailable(
          this.ledger
            .execute(ending.organizationId, endCommand(ending, now))
            .then((outcome) => endReply(ending.organizationId, outcome)),
        ),
      ),
    );
  }

  heartbeat(job: JobReference): Promise<HeartbeatReply> {
    const { organizationId } = job;
    const command = extendCommand(job, this.clock.instant());
    return orUnavailable(
      this.ledger.execute(organizationId, command).then((outcome) => heartbeatReply(organizationId, outcome)),
    );
  }

  preview(submissions: readonly Submission[]): Promise<readonly PreviewReply[]> {
    return this.previews.preview(submissions, this.clock.instant());
  }

  job(job: JobReference): Promise<JobView | AwaitingJob | undefined> {
    return this.reader.one(job);
  }

  jobs(query: JobsQuery): Promise<Page<JobView>> {
    return this.reader.page(query);
  }

  retention(organizationId: string): Promise<RetentionReply> {
    return this.settings.retention(organizationId);
  }

  applyPlanPayment(payment: PlanPayment): Promise<PlanReply> {
    return this.plans.applyPlanPayment(payment);
  }

  schedulePlan(schedule: PlanSchedule): Promise<CommandReply> {
    return this.plans.schedulePlan(schedule);
  }

  endGrant(ending: GrantEnding): Promise<CommandReply> {
    return this.plans.endGrant(ending);
  }

  setGrantGrace(grace: GrantGrace): Promise<CommandReply> {
    return this.plans.setGrantGrace(grace);
  }

  grantSold(credits: SoldCredits): Promise<CommandReply> {
    return this.plans.grantSold(credits);
  }

  setOverage(change: OverageChange): Promise<CommandReply> {
    return this.plans.setOverage(change);
  }

  terms(organizationId: string): Promise<LedgerTerms> {
    return this.plans.terms(organizationId);
  }

  soldGrants(organizationId: string): Promise<readonly SoldGrant[]> {
    return this.plans.soldGrants(organizationId);
  }

  private async submitOne(submission: Submission, now: string): Promise<SubmitReply> {
    const { organizationId } = submission;
    const outcome = await this.ledger.execute(organizationId, submitCommand(submission, now));
    const reply = submitReply(organizationId, outcome);
    if (reply.kind === 'refused') this.refusals.note(submission, reply, now);
    return reply;
  }
}
