import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, OrganizationParam } from '@tallystick/contracts/http';
import { BalanceQueryDto, type BalanceResponse } from '@tallystick/contracts/ledger';
import { BalanceService } from './balance.service';

@ApiTags('credits')
@Controller('v1/organizations/:organization/balance')
export class BalanceController {
  constructor(private readonly balances: BalanceService) {}

  @Get()
  @Allow('operator', 'organization', 'project', 'service')
  @ApiOperation({
    summary: 'Where each granted credit is, now, as of a time or as of a revision',
    operationId: 'Statements_balance',
  })
  balance(@OrganizationParam() id: string, @Query() query: BalanceQueryDto): Promise<BalanceResponse> {
    return this.balances.balance(id, query);
  }
}
