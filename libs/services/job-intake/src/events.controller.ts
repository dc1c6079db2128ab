import { Body, Controller, Headers, HttpCode, Post } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  Allow,
  CurrentCaller,
  TakesBatch,
  type Caller,
  ScopedByHandler,
  WithoutIdempotencyKey,
} from '@tallystick/contracts/http';
import { BATCHED, STRUCTURED, type EventsAcceptedResponse } from '@tallystick/contracts/intake';
import { EventsService } from './events.service';

@ApiTags('events')
@Allow('service', 'project', 'organization', 'operator')
@ScopedByHandler()
@WithoutIdempotencyKey()
@Controller('v1/events')
export class EventsController {
  constructor(private readonly events: EventsService) {}

  @TakesBatch()
  @Post()
  @HttpCode(202)
  @ApiConsumes(STRUCTURED, BATCHED, 'application/json')
  @ApiOperation({
    summary: 'CloudEvents 1.0 about jobs: one (structured or binary) or a batch; all are taken, or none',
  })
  async take(
    @CurrentCaller() caller: Caller,
    @Headers() headers: Record<string, string>,
    @Body() body: unknown,
  ): Promise<EventsAcceptedResponse> {
    return { accepted: await this.events.take(caller, headers, body) };
  }
}
