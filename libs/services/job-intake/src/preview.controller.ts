import { randomUUID } from 'node:crypto';
import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CATALOG } from '@tallystick/catalog';
import {
  Allow,
  check,
  CurrentCaller,
  invalidInput,
  Problem,
  TakesBatch,
  type Caller,
} from '@tallystick/contracts/http';
import { PreviewJobDto } from '@tallystick/contracts/intake';
import { LedgerClient, problemOfRefusal, type PreviewReply, type Submission } from '@tallystick/contracts/ledger';
import type { Catalog } from '@tallystick/domain/catalog';
import { problemResult } from './answers';
import { batchOf, isBatch } from './batch';
import { SubmissionsService } from './submissions.service';

/** Previews of jobs without an id must meet neither a real job nor each other. */
const noJob = (): string => `preview:${randomUUID()}`;

@ApiTags('jobs')
@Allow('service', 'project', 'organization', 'operator')
@Controller('v1/preview')
export class PreviewController {
  constructor(
    private readonly ledger: LedgerClient,
    private readonly submissions: SubmissionsService,
    @Inject(CATALOG) private readonly catalog: Catalog,
  ) {}

  /** One job, or `{ jobs: [...] }`; a batch is answered in order, each as if alone. */
  @TakesBatch()
  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'What a job would cost and whether it would be accepted, reserving nothing' })
  async preview(@CurrentCaller() caller: Caller, @Body() body: unknown): Promise<object> {
    if (isBatch(body)) return { results: await this.all(caller, batchOf(body)) };
    const [result] = await this.replies([this.submission(caller, body)]);
    return this.shown(result!);
  }

  private async all(caller: Caller, jobs: readonly unknown[]): Promise<readonly object[]> {
    const checked = jobs.map((job) => this.attempt(caller, job));
    const good = checked.filter((one): one is Submission => !(one instanceof Problem));
    const replies = await this.replies(good);
    let next = 0;
    return checked.map((one) =>
      one instanceof Problem ? problemResult(one, undefined) : this.result(replies[next++]!),
    );
  }

  private result(reply: PreviewReply): object {
    try {
      return { ...this.shown(reply), httpStatus: 200 };
    } catch (error) {
      if (error instanceof Problem) return problemResult(error, undefined);
      throw error;
    }
  }

  private attempt(caller: Caller, job: unknown): Submission | Problem {
    try {
      return this.submission(caller, job);
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
  }

  private submission(caller: Caller, job: unknown) {
    const checked = check(PreviewJobDto, job);
    if (!checked.ok) throw invalidInput(checked.errors);
    return this.submissions.ready(caller, { ...checked.value, id: checked.value.id ?? noJob() }).submission;
  }

  private replies(submissions: Parameters<LedgerClient['preview']>[0]): Promise<readonly PreviewReply[]> {
    return submissions.length === 0 ? Promise.resolve([]) : this.ledger.preview(submissions);
  }

  private shown({ refusal, ...reply }: PreviewReply): object {
    if (!refusal) return reply;
    if (refusal.code === 'unknown_organization') throw problemOfRefusal(refusal, { billingUrl: '' });
    const problem = problemOfRefusal(refusal, { billingUrl: this.catalog.links.billingUrl });
    return { ...reply, refusal: problemResult(problem, undefined) };
  }
}
