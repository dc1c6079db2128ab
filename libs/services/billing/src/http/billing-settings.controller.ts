import { Body, Controller, Get, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  BillingDetailsDto,
  BillingQueryDto,
  OverageDto,
  type BillingDetailsResponse,
  type OverageResponse,
} from '@tallystick/contracts/billing';
import { Allow, CurrentCaller, OrganizationParam, type Caller } from '@tallystick/contracts/http';
import { BillingSettingsService } from '../billing-settings.service';

/** Settings of billing that an organization changes itself. */
@ApiTags('billing')
@Allow('operator', 'organization')
@Controller('v1/organizations/:organization')
export class BillingSettingsController {
  constructor(private readonly settings: BillingSettingsService) {}

  @Get('billing-details')
  @ApiOperation({ summary: 'Name, address and tax id of the buyer, for the next invoices' })
  details(@OrganizationParam() id: string, @Query() query: BillingQueryDto): Promise<BillingDetailsResponse> {
    return this.settings.details(id, query.atLeastRevision);
  }

  @Put('billing-details')
  @ApiOperation({ summary: 'Replace the details. Invoices that were made before do not change' })
  setDetails(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Body() body: BillingDetailsDto,
  ): Promise<BillingDetailsResponse> {
    return this.settings.setDetails(id, body, caller.keyId);
  }

  @Put('overage')
  @ApiOperation({ summary: 'Choose what happens when the credits are used up' })
  setOverage(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Body() { mode }: OverageDto,
  ): Promise<OverageResponse> {
    return this.settings.setOverage(id, mode, caller.keyId);
  }
}
