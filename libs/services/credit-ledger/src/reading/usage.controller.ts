import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, CurrentCaller, OrganizationParam, type Caller, type Page } from '@tallystick/contracts/http';
import { UsageQueryDto, type UsageItem } from '@tallystick/contracts/ledger';
import { AdministrationService } from '../commands/administration.service';
import { HistoryService } from './history.service';
import { withOwnProject } from './own-project';

@ApiTags('credits')
@Controller('v1/organizations/:organization/usage')
export class UsageController {
  constructor(
    private readonly administration: AdministrationService,
    private readonly histories: HistoryService,
  ) {}

  @Get()
  @Allow('operator', 'organization', 'project', 'service')
  @ApiOperation({ summary: 'Jobs and credits by operation, project, API key and day', operationId: 'Statements_usage' })
  async usage(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Query() query: UsageQueryDto,
  ): Promise<Page<UsageItem>> {
    const views = await this.administration.awaitViews(id, query.atLeastRevision);
    return { ...(await this.histories.usage(id, withOwnProject(caller, query))), ...views };
  }
}
