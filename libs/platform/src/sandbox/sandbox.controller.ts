import { Body, Controller, Get, HttpCode, Post, Put } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  AdvanceClockDto,
  Allow,
  type ClockAdvanceResponse,
  invalidInput,
  plusDuration,
  SetClockDto,
  type SandboxClockResponse,
} from '@tallystick/contracts/http';
import { ANSWERS_LATE } from '../http/server/server';
import { ClockAdvance } from './clock-advance';

/** Only with a sandbox clock; otherwise these routes do not exist (404). */
@ApiTags('sandbox')
@Allow('operator')
@Controller('v1/sandbox/clock')
export class SandboxClockController {
  constructor(private readonly advance: ClockAdvance) {}

  @Get()
  @ApiOperation({ summary: 'The time of the sandbox clock, also while it is advanced' })
  read(): SandboxClockResponse {
    return { now: this.advance.clock.instant() };
  }

  @Put()
  @RouteConfig(ANSWERS_LATE)
  @ApiOperation({
    summary: 'Set the sandbox clock: forward, which is an advance, or to any time before an organization is opened',
  })
  set(@Body() { now }: SetClockDto): Promise<ClockAdvanceResponse> {
    this.assertExists();
    return this.advance.set(wholeSecond(now, 'now'));
  }

  @Post('advance')
  @HttpCode(200)
  @RouteConfig(ANSWERS_LATE)
  @ApiOperation({ summary: 'Advance the sandbox clock, and do all that falls due on the way' })
  advanceClock(@Body() { by, to }: AdvanceClockDto): Promise<ClockAdvanceResponse> {
    this.assertExists();
    if ((by == null) === (to == null)) throw wrong('by', 'oneOf', 'Give either `by` or `to`.');
    if (to != null) return this.advance.advanceTo(() => wholeSecond(to, 'to'), 'to');
    return this.advance.advanceTo(() => this.after(by!), 'by');
  }

  private after(by: string): number {
    const end = plusDuration(this.advance.clock.instant(), by);
    if (end === undefined)
      throw wrong('by', 'duration', 'Give a duration such as 90s, 12h or 35d, or one of ISO 8601 such as P1M.');
    return Date.parse(end);
  }

  private assertExists(): void {
    void this.advance.clock;
  }
}

function wholeSecond(time: string, field: string): number {
  const milliseconds = Date.parse(time);
  if (milliseconds % 1_000 === 0) return milliseconds;
  throw wrong(field, 'second', 'Give a time in whole seconds.');
}

const wrong = (field: string, rule: string, message: string) => invalidInput([{ field, rule, message }]);
