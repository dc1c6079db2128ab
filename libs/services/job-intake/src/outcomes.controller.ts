import { Body, Controller, HttpCode, Inject, Post, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  Allow,
  CorrelationId,
  CurrentCaller,
  type Caller,
  TakesBatch,
  ScopedByHandler,
  WithoutIdempotencyKey,
} from '@tallystick/contracts/http';
import { OutcomesDto, type OutcomeBatchResponse } from '@tallystick/contracts/intake';
import { CONFIGURATION } from '@tallystick/hosting';
import { entriesOf } from './batch';
import { OutcomeGuard } from './outcome.guard';
import { OutcomesService } from './outcomes.service';
import type { IntakeSettings } from './settings';

@ApiTags('jobs')
@Allow('service', 'project', 'organization', 'operator')
@ScopedByHandler()
@WithoutIdempotencyKey()
@UseGuards(OutcomeGuard)
@Controller('v1/jobs/outcomes')
export class OutcomesController {
  constructor(
    private readonly outcomes: OutcomesService,
    @Inject(CONFIGURATION) private readonly settings: IntakeSettings,
  ) {}

  @TakesBatch()
  @Post()
  @ApiBody({ type: OutcomesDto })
  @HttpCode(200)
  @ApiOperation({
    summary: 'How up to 1,000 jobs ended, each answered in its place as if alone. With a service or operator key',
  })
  async end(
    @CurrentCaller() caller: Caller,
    @Body() body: unknown,
    @CorrelationId() correlationId: string,
  ): Promise<OutcomeBatchResponse> {
    return { results: await this.outcomes.endMany(caller, entriesOf(body, 'outcomes', this.settings), correlationId) };
  }
}
