import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, type Page } from '@tallystick/contracts/http';
import {
  DeadLettersQueryDto,
  type DeadLetterHandledResponse,
  type DeadLetterResponse,
} from '@tallystick/contracts/ledger';
import { DeadLetters, isOfClass, CONFIGURATION, pageLimit } from '@tallystick/hosting';
import { cursorOf, pageOf, readCursor } from '../reading/pages';
import type { LedgerSettings } from '../settings';

@ApiTags('operations')
@Allow('operator')
@Controller('v1/ops/dead-letters')
export class DeadLettersController {
  constructor(
    private readonly letters: DeadLetters,
    @Inject(CONFIGURATION) private readonly limits: LedgerSettings,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Messages that could not be taken, with the reason; oldest first' })
  async list(@Query() query: DeadLettersQueryDto): Promise<Page<DeadLetterResponse>> {
    const limit = pageLimit(query.limit, this.limits);
    const [after] = readCursor(query.cursor, 1) ?? [];
    const isWanted = query.class === undefined ? () => true : isOfClass(query.class);
    return pageOf(await this.letters.list(isWanted, after, limit + 1), limit, ({ id }) => cursorOf([id]));
  }

  @Get(':id')
  get(@Param('id') id: string): Promise<DeadLetterResponse> {
    return this.letters.get(id);
  }

  @Post(':id/redrive')
  @HttpCode(200)
  @ApiOperation({ summary: 'Send it to its topic again' })
  redrive(@Param('id') id: string): Promise<DeadLetterHandledResponse> {
    return this.letters.redrive(id);
  }

  @Post(':id/discard')
  @HttpCode(200)
  @ApiOperation({ summary: 'Leave it out for good; the topic keeps it for as long as it keeps anything' })
  discard(@Param('id') id: string): Promise<DeadLetterHandledResponse> {
    return this.letters.discard(id);
  }
}
