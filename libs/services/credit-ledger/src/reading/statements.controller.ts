import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, CurrentCaller, notFound, type Caller, type Page, OrganizationParam } from '@tallystick/contracts/http';
import {
  BalanceQueryDto,
  EventsQueryDto,
  HistoryQueryDto,
  UsageQueryDto,
  type BalanceResponse,
  type EventItem,
  type MovementItem,
  type UsageItem,
} from '@tallystick/contracts/ledger';
import { AdministrationService } from '../commands/administration.service';
import { BalanceService } from './balance.service';
import { EventsReader } from './events-reader';
import { HistoryService } from './history.service';
import { isQuarantined } from '@tallystick/hosting';

/** Balances, history and usage of an organization's credits. A project's key sees its own project's movements. */
@ApiTags('credits')
@Controller('v1/organizations/:organization')
export class StatementsController {
  constructor(
    private readonly administration: AdministrationService,
    private readonly balances: BalanceService,
    private readonly histories: HistoryService,
    private readonly reader: EventsReader,
  ) {}

  @Get('balance')
  @Allow('operator', 'organization', 'project', 'service')
  @ApiOperation({ summary: 'Where each granted credit is, now, as of a time or as of a revision' })
  balance(@OrganizationParam() id: string, @Query() query: BalanceQueryDto): Promise<BalanceResponse> {
    return this.balances.balance(id, query);
  }

  @Get('history')
  @Allow('operator', 'organization', 'project', 'service')
  @ApiOperation({ summary: 'What added and what deducted credits, newest first' })
  async history(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Query() query: HistoryQueryDto,
  ): Promise<Page<MovementItem>> {
    const views = await this.administration.awaitViews(id, query.atLeastRevision);
    return { ...(await this.histories.history(id, ownOnly(caller, query))), ...views };
  }

  @Get('usage')
  @Allow('operator', 'organization', 'project', 'service')
  @ApiOperation({ summary: 'Jobs and credits by operation, project, API key and day' })
  async usage(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Query() query: UsageQueryDto,
  ): Promise<Page<UsageItem>> {
    const views = await this.administration.awaitViews(id, query.atLeastRevision);
    return { ...(await this.histories.usage(id, ownOnly(caller, query))), ...views };
  }

  @Get('events')
  @Allow('operator', 'organization')
  @ApiOperation({ summary: 'The organization’s stream, oldest first' })
  async events(@OrganizationParam() id: string, @Query() query: EventsQueryDto): Promise<Page<EventItem>> {
    // The stream of a stopped organization is what an operator has to look at.
    const latest = await this.administration
      .read(id, () => undefined)
      .catch((error: unknown) => {
        if (isQuarantined(error)) return undefined;
        throw error;
      });
    return this.reader.page(id, query, latest?.revision);
  }
}

function ownOnly<Query extends { project?: string }>(caller: Caller, query: Query): Query {
  if (caller.role !== 'project') return query;
  if (query.project !== undefined && query.project !== caller.projectId) throw notFound('project');
  return { ...query, project: caller.projectId };
}
