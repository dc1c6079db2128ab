import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, type Page, OrganizationParam } from '@tallystick/contracts/http';
import {
  PageQueryDto,
  type OrganizationState,
  type RebuildResponse,
  type RefusalRecord,
  type ViewResponse,
} from '@tallystick/contracts/ledger';
import { cursorOf, pageOf, readCursor } from '../reading/pages';
import { RebuildService, CONFIGURATION, pageLimit } from '@tallystick/hosting';
import { RefusalsService } from '../commands/refusals.service';
import type { LedgerSettings } from '../settings';
import { OrganizationStatesReader } from './organization-states-reader';

@ApiTags('operations')
@Allow('operator')
@Controller('v1/ops')
export class OpsController {
  constructor(
    private readonly rebuilds: RebuildService,
    private readonly states: OrganizationStatesReader,
    private readonly refusals: RefusalsService,
    @Inject(CONFIGURATION) private readonly limits: LedgerSettings,
  ) {}

  @Get('views')
  @ApiOperation({ summary: 'The views, how far each has come in the log, and rebuilds under way' })
  async listViews(): Promise<Page<ViewResponse>> {
    return { data: await this.rebuilds.views(), nextCursor: null };
  }

  @Post('views/:name/rebuild')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Throw a view away and build it again from the log, beside the one that is served',
  })
  async rebuild(@Param('name') name: string): Promise<RebuildResponse> {
    await this.rebuilds.start(name);
    return { name, state: 'running' };
  }

  @Get('organizations')
  @ApiOperation({
    summary: 'Organizations as the balances view has them, and which of them are stopped and why',
  })
  organizations(@Query() query: PageQueryDto): Promise<Page<OrganizationState>> {
    return this.states.page(query);
  }

  @Get('organizations/:organization/refusals')
  @ApiOperation({ summary: 'The audit records of refused jobs, oldest first' })
  async refused(
    @OrganizationParam() organizationId: string,
    @Query() query: PageQueryDto,
  ): Promise<Page<RefusalRecord>> {
    const limit = pageLimit(query.limit, this.limits);
    const [after] = readCursor(query.cursor, 1) ?? [];
    const records = await this.refusals.page(organizationId, after, limit + 1);
    const page = pageOf(records, limit, ({ key }) => cursorOf([key]));
    return { ...page, data: page.data.map(({ value }) => value as RefusalRecord) };
  }
}
