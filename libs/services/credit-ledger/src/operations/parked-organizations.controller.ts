import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, type Page } from '@tallystick/contracts/http';
import { PageQueryDto, type ParkedOrganizationResponse, type ReleaseResponse } from '@tallystick/contracts/ledger';
import { cursorOf, pageOf, readCursor } from '../reading/pages';
import { ParkingService, CONFIGURATION, pageLimit } from '@tallystick/hosting';
import type { LedgerSettings } from '../settings';

@ApiTags('operations')
@Allow('operator')
@Controller('v1/ops/parked-organizations')
export class ParkedOrganizationsController {
  constructor(
    private readonly parking: ParkingService,
    @Inject(CONFIGURATION) private readonly limits: LedgerSettings,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Organizations that a fault has stopped, why, since when, and how many messages wait',
  })
  async list(@Query() query: PageQueryDto): Promise<Page<ParkedOrganizationResponse>> {
    const limit = pageLimit(query.limit, this.limits);
    const [after = ''] = readCursor(query.cursor, 1) ?? [];
    return pageOf(await this.page(after, limit + 1), limit, ({ organizationId }) => cursorOf([organizationId]));
  }

  @Post(':organization/release')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Let a stopped organization go on, once its fault is dealt with: what has waited is decided in its order',
  })
  async release(@Param('organization') organizationId: string): Promise<ReleaseResponse> {
    const decided = await this.parking.release(organizationId);
    return { organizationId, state: 'running', decided };
  }

  private async page(after: string, limit: number) {
    const streams = await this.parking.list(after, limit);
    return streams.map(({ entityId: organizationId, ...stream }) => ({ organizationId, ...stream }));
  }
}
