import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, CurrentCaller, OrganizationParam, type Caller, type Page } from '@tallystick/contracts/http';
import { HistoryQueryDto, type MovementItem } from '@tallystick/contracts/ledger';
import { AdministrationService } from '../commands/administration.service';
import { HistoryService } from './history.service';
import { withOwnProject } from './own-project';

@ApiTags('credits')
@Controller('v1/organizations/:organization/history')
export class HistoryController {
  constructor(
    private readonly administration: AdministrationService,
    private readonly histories: HistoryService,
  ) {}

  @Get()
  @Allow('operator', 'organization', 'project', 'service')
  @ApiOperation({ summary: 'What added and what deducted credits, newest first', operationId: 'Statements_history' })
  async history(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Query() query: HistoryQueryDto,
  ): Promise<Page<MovementItem>> {
    const views = await this.administration.awaitViews(id, query.atLeastRevision);
    return { ...(await this.histories.history(id, withOwnProject(caller, query))), ...views };
  }
}
