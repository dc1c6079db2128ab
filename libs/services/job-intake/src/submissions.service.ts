import { Inject, Injectable } from '@nestjs/common';
import { CATALOG } from '@tallystick/catalog';
import {
  check,
  checkTime,
  invalidInput,
  LIMITS,
  toInstant,
  type Caller,
  type Limits,
} from '@tallystick/contracts/http';
import {
  bareUsage,
  detailsKey,
  detailsOf,
  SubmitJobDto,
  type JobDetails,
  type PreviewJobDto,
  type SubmissionResponse,
  type SubmissionResult,
} from '@tallystick/contracts/intake';
import { LedgerClient, type Submission, type SubmitReply } from '@tallystick/contracts/ledger';
import { UnknownOutcome } from '@tallystick/eventing';
import type { Catalog } from '@tallystick/domain/catalog';
import { Clock } from '@tallystick/runtime';
import { processBatch } from './batch';
import { DetailsService } from './details.service';
import { submissionResponse, type HttpResponse } from './responses';
import { scopeOf } from './scope';

interface DetailedSubmission {
  readonly submission: Submission;
  readonly details?: JobDetails;
}

/** Submits jobs: stores their details, reserves their credits. */
@Injectable()
export class SubmissionsService {
  constructor(
    private readonly ledger: LedgerClient,
    private readonly details: DetailsService,
    private readonly clock: Clock,
    @Inject(CATALOG) private readonly catalog: Catalog,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {}

  async submit(caller: Caller, job: SubmitJobDto, correlationId?: string): Promise<HttpResponse<SubmissionResponse>> {
    const submission = this.submissionOf(caller, job, correlationId);
    const [reply] = await this.reserve([{ submission, details: detailsOf(job) }]);
    return submissionResponse(job.id, reply!, this.catalog.links.billingUrl);
  }

  /** Each job as if it were submitted alone. */
  submitMany(caller: Caller, jobs: readonly unknown[], correlationId?: string): Promise<readonly SubmissionResult[]> {
    return processBatch<DetailedSubmission, SubmitReply, SubmissionResult>(jobs, {
      read: (entry) => {
        const checked = check(SubmitJobDto, entry);
        if (!checked.ok) throw invalidInput(checked.errors);
        const job = checked.value;
        return { submission: this.submissionOf(caller, job, correlationId), details: detailsOf(job) };
      },
      send: (jobs) => this.reserve(jobs),
      respond: ({ submission }, reply) => {
        const { status, body } = submissionResponse(submission.jobId, reply, this.catalog.links.billingUrl);
        return { ...body, httpStatus: status, ...(status === 200 && { repeated: true }) };
      },
    });
  }

  /** A job for the ledger, without its details. Throws a Problem. */
  submissionOf(
    caller: Caller,
    job: SubmitJobDto | (PreviewJobDto & { id: string }),
    correlationId?: string,
  ): Submission {
    const { organizationId, projectId, apiKeyId } = scopeOf(caller, job);
    const { operation, features, occurredAt } = job;
    const late = checkTime(occurredAt, 'occurredAt', this.clock.now(), this.limits);
    if (late) throw invalidInput([late]);
    return {
      organizationId,
      projectId,
      jobId: job.id,
      actor: caller.keyId,
      ...(correlationId !== undefined && { correlationId }),
      ...(apiKeyId !== undefined && { apiKeyId }),
      ...(operation != null && { operation }),
      ...(job.usage != null && { usage: bareUsage(job.usage) }),
      ...(features != null && { features }),
      hasDetails: detailsOf(job) !== undefined,
      ...(occurredAt != null && { occurredAt: toInstant(occurredAt) }),
    };
  }

  private async reserve(jobs: readonly DetailedSubmission[]): Promise<readonly SubmitReply[]> {
    const detailed = jobs.map(({ submission, details }) => ({ ...submission, details }));
    const kept = await this.details.keep(detailed, this.clock.now());
    const submissions = jobs.map(({ submission }) => submission);
    const replies = await this.ledger.submit(submissions);
    if (kept.size > 0) await this.dropUnused(submissions, replies, kept);
    return replies;
  }

  /** Removes details that this request stored in vain. The jobs are decided: after a failure the same request gets the same answers. */
  private async dropUnused(
    submissions: readonly Submission[],
    replies: readonly SubmitReply[],
    kept: ReadonlySet<string>,
  ): Promise<void> {
    try {
      await this.details.drop(await this.unused(submissions, replies, kept));
    } catch (error) {
      throw new UnknownOutcome('The details of jobs that were not taken could not be removed.', {
        cause: error,
      });
    }
  }

  /** Keys of the details of refused jobs, and of repeated jobs that have ended: their details were deleted before. */
  private async unused(
    submissions: readonly Submission[],
    replies: readonly SubmitReply[],
    kept: ReadonlySet<string>,
  ): Promise<string[]> {
    const used = new Set<string>();
    const candidates = new Map<string, Submission>();
    replies.forEach((reply, index) => {
      const submission = submissions[index]!;
      const key = detailsKey(submission.organizationId, submission.jobId);
      if (reply.kind === 'unavailable' || (reply.kind === 'reserved' && !reply.repeated)) used.add(key);
      else if (kept.has(key)) candidates.set(key, submission);
    });
    for (const key of used) candidates.delete(key);
    const unused = await Promise.all(
      [...candidates].map(async ([key, job]) => ((await this.isOpen(job)) ? [] : [key])),
    );
    return unused.flat();
  }

  private async isOpen(job: Submission): Promise<boolean> {
    return (await this.ledger.job(job))?.status === 'reserved';
  }
}
