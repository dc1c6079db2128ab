import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type {
  BillingVerificationResponse,
  PendingEffectsItem,
  ReleasedBillingStream,
  StoppedBillingStream,
} from '@tallystick/contracts/billing';
import { Allow, type Page } from '@tallystick/contracts/http';
import { PageQueryDto, type RebuildResponse, type ViewResponse } from '@tallystick/contracts/ledger';
import { CONFIGURATION, pageLimit } from '@tallystick/hosting';
import { BillingOperations } from '../billing-operations.service';
import type { BillingSettings } from '../settings';
import { cursorOf, readCursor } from './pages';
import { BillingVerification } from '../verification/billing-verification.service';

/** Checks, pending effects, stopped streams and views of billing. */
@ApiTags('billing operations')
@Allow('operator')
@Controller('v1/ops/billing')
export class BillingOpsController {
  constructor(
    private readonly verification: BillingVerification,
    private readonly operations: BillingOperations,
    @Inject(CONFIGURATION) private readonly settings: BillingSettings,
  ) {}

  @Post('verify')
  @HttpCode(202)
  @ApiOperation({ summary: 'Check subscriptions and invoices, and that what was paid is granted' })
  begin(): Promise<BillingVerificationResponse> {
    return this.verification.start();
  }

  @Get('verify/:id')
  @ApiOperation({ summary: 'The progress and the result of a check' })
  get(@Param('id') id: string): Promise<BillingVerificationResponse> {
    return this.verification.get(id);
  }

  @Get('effects')
  @ApiOperation({
    summary: 'Organizations with effects that are not carried out yet, and the effect that holds them up',
  })
  async effects(@Query() query: PageQueryDto): Promise<Page<PendingEffectsItem>> {
    const limit = pageLimit(query.limit, this.settings);
    const data = await this.operations.pendingEffects(readCursor(query.cursor) ?? '', limit);
    const last = data[data.length - 1];
    return { data, nextCursor: data.length === limit && last ? cursorOf(last.organizationId) : null };
  }

  @Get('stopped-streams')
  @ApiOperation({ summary: 'Streams of billing that a fault has stopped, why, since when, and how many messages wait' })
  async stoppedStreams(): Promise<Page<StoppedBillingStream>> {
    return { data: await this.operations.stoppedStreams(), nextCursor: null };
  }

  @Post('stopped-streams/:stream/release')
  @HttpCode(200)
  @ApiOperation({ summary: 'Let a stopped stream go on, once its fault is dealt with' })
  release(@Param('stream') stream: string): Promise<ReleasedBillingStream> {
    return this.operations.release(stream);
  }

  @Get('views')
  @ApiOperation({ summary: 'The views of billing, how far each has come in the log, and rebuilds under way' })
  async listViews(): Promise<Page<ViewResponse>> {
    return { data: await this.operations.listViews(), nextCursor: null };
  }

  @Post('views/:name/rebuild')
  @HttpCode(202)
  @ApiOperation({ summary: 'Build a view of billing again from the log, beside the one that is served' })
  rebuild(@Param('name') name: string): Promise<RebuildResponse> {
    return this.operations.rebuild(name);
  }
}
