import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, LIMITS, type Limits, type Page } from '@tallystick/contracts/http';
import {
  PageQueryDto,
  type OrganizationState,
  type RebuildResponse,
  type RefusalRecord,
  type ViewResponse,
} from '@tallystick/contracts/ledger';
import { BALANCES } from '@tallystick/domain/ledger';
import { ViewStore } from '@tallystick/eventing';
import { cursorOf, pageOf, readCursor } from '../reading/pages';
import { Projections, Quarantine, RebuildService } from '@tallystick/hosting';
import { RefusalsService } from '../commands/refusals.service';

@ApiTags('operations')
@Allow('operator')
@Controller('v1/ops')
export class OpsController {
  constructor(
    private readonly rebuilds: RebuildService,
    private readonly views: ViewStore,
    private readonly projections: Projections,
    private readonly refusals: RefusalsService,
    private readonly parked: Quarantine,
    @Inject(LIMITS) private readonly limits: Limits,
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
  async organizations(@Query() query: PageQueryDto): Promise<Page<OrganizationState>> {
    const limit = this.limit(query);
    const [after] = readCursor(query.cursor, 1) ?? [''];
    const behind = await this.projections.behindLog();
    const where = { organizationId: { after } };
    const rows = await this.views.find(BALANCES, { where, order: ['organizationId'], limit: limit + 1 });
    const page = pageOf(rows, limit, ({ organizationId }) => cursorOf([organizationId as string]));
    const stopped = await this.parked.of(page.data.map(({ organizationId }) => organizationId as string));
    const data = page.data.map(({ balance, dueAt, ...row }) => {
      const { grants, ...amounts } = JSON.parse(balance as string) as { grants: unknown[] };
      const stop = stopped.get(row['organizationId'] as string);
      return {
        ...row,
        ...amounts,
        openGrants: grants.length,
        ...(dueAt !== null && { dueAt }),
        ...(stop && { stopped: { ...stop.stopped, why: stop.why, since: stop.since } }),
      } as unknown as OrganizationState;
    });
    return { ...page, data, ...(behind && { behind }) };
  }

  @Get('organizations/:organization/refusals')
  @ApiOperation({ summary: 'The audit records of refused jobs, oldest first' })
  async refused(
    @Param('organization') organizationId: string,
    @Query() query: PageQueryDto,
  ): Promise<Page<RefusalRecord>> {
    const limit = this.limit(query);
    const [after] = readCursor(query.cursor, 1) ?? [];
    const records = await this.refusals.page(organizationId, after, limit + 1);
    const page = pageOf(records, limit, ({ key }) => cursorOf([key]));
    return { ...page, data: page.data.map(({ value }) => value as RefusalRecord) };
  }

  private limit({ limit }: PageQueryDto): number {
    return Math.min(limit ?? this.limits.pageSize, this.limits.maxPageSize);
  }
}
