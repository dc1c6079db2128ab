import { Inject, Injectable } from '@nestjs/common';
import { CATALOG } from '@tallystick/catalog';
import { check, checkTime, invalidInput, LIMITS, Problem, type Caller, type Limits } from '@tallystick/contracts/http';
import {
  bareUsage,
  detailsKey,
  detailsOf,
  SubmitJobDto,
  toInstant,
  type JobFields,
} from '@tallystick/contracts/intake';
import { LedgerClient, type Submission, type SubmitReply } from '@tallystick/contracts/ledger';
import { UnknownOutcome } from '@tallystick/eventing';
import type { Catalog } from '@tallystick/domain/catalog';
import { problemResult, submitAnswer, type HttpAnswer } from './answers';
import { idOf } from './batch';
import { DetailsService } from './details.service';
import { scopeOf } from './scope';

interface Ready {
  readonly submission: Submission;
  readonly job: JobFields;
}

/** Submissions, one or many: details kept aside, credits reserved, answers in the order of the jobs. */
@Injectable()
export class SubmissionsService {
  constructor(
    private readonly ledger: LedgerClient,
    private readonly details: DetailsService,
    @Inject(CATALOG) private readonly catalog: Catalog,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {}

  async submit(caller: Caller, job: SubmitJobDto, correlationId?: string): Promise<HttpAnswer> {
    const ready = this.ready(caller, job, correlationId);
    const [reply] = await this.reserve([ready]);
    return submitAnswer(ready.submission, reply!, this.catalog.links.billingUrl);
  }

  /** Each as if alone: what is wrong with one is answered in its place. */
  async submitMany(caller: Caller, jobs: readonly unknown[], correlationId?: string): Promise<readonly object[]> {
    const checked = jobs.map((job) => this.checked(caller, job, correlationId));
    const ready = checked.filter((one): one is Ready => !(one instanceof Problem));
    const replies = await this.reserve(ready);
    let next = 0;
    return checked.map((one, index) =>
      one instanceof Problem ? problemResult(one, idOf(jobs[index])) : this.result(one, replies[next++]!),
    );
  }

  /** What a job asks for, without its details. Throws a Problem. */
  ready(
    caller: Caller,
    job: JobFields & { id?: string | null; organizationId?: string | null },
    correlationId?: string,
  ): Ready {
    const { organizationId, projectId, apiKeyId } = scopeOf(caller, job);
    const { operation, features, occurredAt } = job;
    const late = checkTime(occurredAt, 'occurredAt', Date.now(), this.limits);
    if (late) throw invalidInput([late]);
    const submission: Submission = {
      organizationId,
      projectId,
      jobId: job.id ?? '',
      actor: caller.keyId,
      ...(correlationId !== undefined && { correlationId }),
      ...(apiKeyId !== undefined && { apiKeyId }),
      ...(operation != null && { operation }),
      ...(job.usage != null && { usage: bareUsage(job.usage) }),
      ...(features != null && { features }),
      hasDetails: detailsOf(job) !== undefined,
      ...(occurredAt != null && { occurredAt: toInstant(occurredAt) }),
    };
    return { submission, job };
  }

  private checked(caller: Caller, job: unknown, correlationId?: string): Ready | Problem {
    const checked = check(SubmitJobDto, job);
    if (!checked.ok) return invalidInput(checked.errors);
    try {
      return this.ready(caller, checked.value, correlationId);
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
  }

  private async reserve(ready: readonly Ready[]): Promise<readonly SubmitReply[]> {
    if (ready.length === 0) return [];
    const detailed = ready.map(({ submission, job }) => ({ ...submission, details: detailsOf(job) }));
    const kept = await this.details.keep(detailed, Date.now());
    const replies = await this.ledger.submit(ready.map(({ submission }) => submission));
    if (kept.size > 0) await this.dropOf(ready, replies, kept);
    return replies;
  }

  /** The jobs are decided by now: where this fails, their answers are what the same submission gets again. */
  private async dropOf(
    ready: readonly Ready[],
    replies: readonly SubmitReply[],
    kept: ReadonlySet<string>,
  ): Promise<void> {
    try {
      await this.details.drop(await this.notTaken(ready, replies, kept));
    } catch (error) {
      throw new UnknownOutcome('The details of jobs that were not taken could not be removed.', {
        cause: error,
      });
    }
  }

  /** A refused job keeps no details; nor does one that had ended before, whose details are gone for good. */
  private async notTaken(
    ready: readonly Ready[],
    replies: readonly SubmitReply[],
    kept: ReadonlySet<string>,
  ): Promise<string[]> {
    const taken = new Set<string>();
    const doubtful = new Map<string, Submission>();
    replies.forEach((reply, index) => {
      const { submission } = ready[index]!;
      const key = detailsKey(submission.organizationId, submission.jobId);
      if (reply.kind === 'unavailable' || (reply.kind === 'reserved' && !reply.repeated)) taken.add(key);
      else if (kept.has(key)) doubtful.set(key, submission);
    });
    for (const key of taken) doubtful.delete(key);
    const gone = await Promise.all([...doubtful].map(async ([key, job]) => ((await this.isOpen(job)) ? [] : [key])));
    return gone.flat();
  }

  private async isOpen(job: Submission): Promise<boolean> {
    return (await this.ledger.job(job))?.status === 'reserved';
  }

  private result({ submission }: Ready, reply: SubmitReply): object {
    try {
      const { status, body } = submitAnswer(submission, reply, this.catalog.links.billingUrl);
      return { ...body, httpStatus: status, ...(status === 200 && { repeated: true }) };
    } catch (error) {
      if (error instanceof Problem) return problemResult(error, submission.jobId);
      throw error;
    }
  }
}
