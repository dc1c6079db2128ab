import { randomUUID } from 'node:crypto';
import { Body, Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CATALOG } from '@tallystick/catalog';
import { Allow, check, CurrentCaller, invalidInput, TakesBatch, type Caller } from '@tallystick/contracts/http';
import {
  PreviewJobDto,
  type PreviewItem,
  type PreviewResponse,
  type PreviewResult,
} from '@tallystick/contracts/intake';
import { LedgerClient, problemOfRefusal, type PreviewReply, type Submission } from '@tallystick/contracts/ledger';
import type { Catalog } from '@tallystick/domain/catalog';
import { entriesOf, isBatch, processBatch } from './batch';
import { problemResult } from './responses';
import { SubmissionsService } from './submissions.service';

/** An id for a job without one, so that it is the same as no other job. */
const newJobId = (): string => `preview:${randomUUID()}`;

@ApiTags('jobs')
@Allow('service', 'project', 'organization', 'operator')
@Controller('v1/preview')
export class PreviewController {
  constructor(
    private readonly ledger: LedgerClient,
    private readonly submissions: SubmissionsService,
    @Inject(CATALOG) private readonly catalog: Catalog,
  ) {}

  /** One job, or `{ jobs: [...] }`: each as if it were alone, answered in order. */
  @TakesBatch()
  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'What a job would cost and whether it would be accepted, reserving nothing' })
  async preview(@CurrentCaller() caller: Caller, @Body() body: unknown): Promise<PreviewResponse> {
    if (isBatch(body)) return { results: await this.previewMany(caller, entriesOf(body, 'jobs')) };
    const [reply] = await this.ledger.preview([this.submissionOf(caller, body)]);
    return this.itemOf(reply!);
  }

  private previewMany(caller: Caller, jobs: readonly unknown[]): Promise<readonly PreviewResult[]> {
    return processBatch<Submission, PreviewReply, PreviewResult>(jobs, {
      read: (job) => this.submissionOf(caller, job),
      send: (submissions) => this.ledger.preview(submissions),
      respond: (_, reply) => ({ ...this.itemOf(reply), httpStatus: 200 }),
      jobId: () => undefined,
    });
  }

  private submissionOf(caller: Caller, job: unknown): Submission {
    const checked = check(PreviewJobDto, job);
    if (!checked.ok) throw invalidInput(checked.errors);
    return this.submissions.submissionOf(caller, { ...checked.value, id: checked.value.id ?? newJobId() });
  }

  private itemOf({ refusal, ...reply }: PreviewReply): PreviewItem {
    if (!refusal) return reply;
    const problem = problemOfRefusal(refusal, { billingUrl: this.catalog.links.billingUrl });
    if (refusal.code === 'unknown_organization') throw problem;
    return { ...reply, refusal: problemResult(problem, undefined) };
  }
}
