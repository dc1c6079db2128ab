import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res, UseGuards } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, CorrelationId, CurrentCaller, TakesBatch, type Caller } from '@tallystick/contracts/http';
import { EndJobDto, HeartbeatDto, JobQueryDto, SubmitBatchDto, SubmitJobDto } from '@tallystick/contracts/intake';
import { JobsQueryDto } from '@tallystick/contracts/ledger';
import type { HttpAnswer } from './answers';
import { batchOf } from './batch';
import { JobsService } from './jobs.service';
import { OutcomeGuard } from './outcome.guard';
import { SubmissionsService } from './submissions.service';

/** As far as a controller needs to know the server. */
interface Reply {
  status(code: number): unknown;
}

@ApiTags('jobs')
@Allow('service', 'project', 'organization', 'operator')
@Controller('v1/jobs')
export class JobsController {
  constructor(
    private readonly submissions: SubmissionsService,
    private readonly jobs: JobsService,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Submit a job: its credits are reserved, or the answer says why not' })
  @ApiAcceptedResponse({ description: 'Reserved; ended already where its outcome was waiting' })
  @ApiOkResponse({ description: 'Was submitted before: the same answer' })
  async submit(
    @CurrentCaller() caller: Caller,
    @Body() job: SubmitJobDto,
    @CorrelationId() correlationId: string,
    @Res({ passthrough: true }) reply: Reply,
  ) {
    return told(reply, await this.submissions.submit(caller, job, correlationId));
  }

  @TakesBatch()
  @Post('batch')
  @ApiBody({ type: SubmitBatchDto })
  @HttpCode(200)
  @ApiOperation({
    summary: 'Submit up to 1,000 jobs, each answered in its place as if alone, with its `httpStatus`',
  })
  async submitBatch(@CurrentCaller() caller: Caller, @Body() body: unknown, @CorrelationId() correlationId: string) {
    return { results: await this.submissions.submitMany(caller, batchOf(body), correlationId) };
  }

  @Post(':id/complete')
  @UseGuards(OutcomeGuard)
  @ApiOperation({
    summary: 'The job is done: consume what it used, give the rest back. With a service or operator key',
  })
  async complete(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: EndJobDto,
    @CorrelationId() correlationId: string,
    @Res({ passthrough: true }) reply: Reply,
  ) {
    return told(reply, await this.jobs.end(caller, id, 'completed', body, correlationId));
  }

  @Post(':id/fail')
  @UseGuards(OutcomeGuard)
  @ApiOperation({ summary: 'The job failed: everything goes back. With a service or operator key' })
  async fail(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: EndJobDto,
    @CorrelationId() correlationId: string,
    @Res({ passthrough: true }) reply: Reply,
  ) {
    return told(reply, await this.jobs.end(caller, id, 'failed', body, correlationId));
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
  ) {
    return this.jobs.heartbeat(caller, id, body, correlationId);
  }

  @Get()
  @ApiOperation({ summary: 'Jobs, newest first' })
  list(@CurrentCaller() caller: Caller, @Query() query: JobsQueryDto) {
    return this.jobs.list(caller, query);
  }

  @Get(':id')
  @ApiOperation({
    summary:
      'How a job stands: state, credits, revisions, and its details while they are kept; `awaiting` where only its outcome has come',
  })
  get(@CurrentCaller() caller: Caller, @Param('id') id: string, @Query() query: JobQueryDto) {
    return this.jobs.get(caller, id, query);
  }

  @Delete(':id/details')
  @ApiOperation({ summary: 'Delete a job’s details now; its credits stay as they are' })
  deleteDetails(@CurrentCaller() caller: Caller, @Param('id') id: string, @Query() query: JobQueryDto) {
    return this.jobs.deleteDetails(caller, id, query);
  }
}

function told(reply: Reply, { status, body }: HttpAnswer) {
  reply.status(status);
  return body;
}
