import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Res, UseGuards } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  Allow,
  CorrelationId,
  CurrentCaller,
  TakesBatch,
  type Caller,
  type HttpReply,
  ScopedByHandler,
  WithoutIdempotencyKey,
} from '@tallystick/contracts/http';
import {
  EndJobDto,
  HeartbeatDto,
  JobQueryDto,
  SubmitBatchDto,
  SubmitJobDto,
  type DetailsDeletedResponse,
  type HeartbeatResponse,
  type JobListResponse,
  type JobResponse,
  type OutcomeResponse,
  type SubmissionBatchResponse,
  type SubmissionResponse,
} from '@tallystick/contracts/intake';
import { JobsQueryDto } from '@tallystick/contracts/ledger';
import { CONFIGURATION } from '@tallystick/hosting';
import { entriesOf } from './batch';
import { JobsService } from './jobs.service';
import { OutcomeGuard } from './outcome.guard';
import { OutcomesService } from './outcomes.service';
import type { HttpResponse } from './responses';
import type { IntakeSettings } from './settings';
import { SubmissionsService } from './submissions.service';

@ApiTags('jobs')
@Allow('service', 'project', 'organization', 'operator')
@ScopedByHandler()
@WithoutIdempotencyKey()
@Controller('v1/jobs')
export class JobsController {
  constructor(
    private readonly submissions: SubmissionsService,
    private readonly outcomes: OutcomesService,
    private readonly jobs: JobsService,
    @Inject(CONFIGURATION) private readonly settings: IntakeSettings,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Submit a job: its credits are reserved, or the answer says why not' })
  @ApiAcceptedResponse({ description: 'Reserved, or settled by an outcome that arrived before' })
  @ApiOkResponse({ description: 'Submitted before: the same answer' })
  async submit(
    @CurrentCaller() caller: Caller,
    @Body() job: SubmitJobDto,
    @CorrelationId() correlationId: string,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<SubmissionResponse> {
    return respond(reply, await this.submissions.submit(caller, job, correlationId));
  }

  @TakesBatch()
  @Post('batch')
  @ApiBody({ type: SubmitBatchDto })
  @HttpCode(200)
  @ApiOperation({
    summary: 'Submit up to 1,000 jobs, each answered in its place as if alone, with its `httpStatus`',
  })
  async submitBatch(
    @CurrentCaller() caller: Caller,
    @Body() body: unknown,
    @CorrelationId() correlationId: string,
  ): Promise<SubmissionBatchResponse> {
    return {
      results: await this.submissions.submitMany(caller, entriesOf(body, 'jobs', this.settings), correlationId),
    };
  }

  @Post(':id/complete')
  @UseGuards(OutcomeGuard)
  @ApiOkResponse({ description: 'The job has ended' })
  @ApiAcceptedResponse({ description: 'The outcome waits for the submission of its job' })
  @ApiOperation({
    summary: 'The job is done: consume what it used, give the rest back. With a service or operator key',
  })
  async complete(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: EndJobDto,
    @CorrelationId() correlationId: string,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<OutcomeResponse> {
    return respond(reply, await this.outcomes.end(caller, id, 'completed', body, correlationId));
  }

  @Post(':id/fail')
  @UseGuards(OutcomeGuard)
  @ApiOkResponse({ description: 'The job has ended' })
  @ApiAcceptedResponse({ description: 'The outcome waits for the submission of its job' })
  @ApiOperation({ summary: 'The job failed: everything goes back. With a service or operator key' })
  async fail(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: EndJobDto,
    @CorrelationId() correlationId: string,
    @Res({ passthrough: true }) reply: HttpReply,
  ): Promise<OutcomeResponse> {
    return respond(reply, await this.outcomes.end(caller, id, 'failed', body, correlationId));
  }

  @Post(':id/heartbeat')
  @UseGuards(OutcomeGuard)
  @HttpCode(200)
  @ApiOperation({
    summary: 'The job still runs: its reservation is kept longer. With a service or operator key',
  })
  heartbeat(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: HeartbeatDto,
    @CorrelationId() correlationId: string,
  ): Promise<HeartbeatResponse> {
    return this.jobs.heartbeat(caller, id, body, correlationId);
  }

  @Get()
  @ApiOperation({ summary: 'Jobs, newest first' })
  list(@CurrentCaller() caller: Caller, @Query() query: JobsQueryDto): Promise<JobListResponse> {
    return this.jobs.list(caller, query);
  }

  @Get(':id')
  @ApiOperation({
    summary:
      'State of a job: status, credits, revisions, and its details while they are kept; `awaiting` where only its outcome has come',
  })
  get(@CurrentCaller() caller: Caller, @Param('id') id: string, @Query() query: JobQueryDto): Promise<JobResponse> {
    return this.jobs.get(caller, id, query);
  }

  @Delete(':id/details')
  @ApiOperation({ summary: 'Delete a job’s details now; its credits stay as they are' })
  deleteDetails(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: JobQueryDto,
  ): Promise<DetailsDeletedResponse> {
    return this.jobs.deleteDetails(caller, id, query);
  }
}

function respond<ResponseBody>(reply: HttpReply, { status, body }: HttpResponse<ResponseBody>): ResponseBody {
  reply.status(status);
  return body;
}
