import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Allow, AllowBody, CurrentCaller, type Caller, OrganizationParam } from '@tallystick/contracts/http';
import { SettingsDto, type OrganizationSettingsResponse } from '@tallystick/contracts/ledger';
import { movedMembers, SET_OVERAGE, SUBSCRIBE } from './moved-members';
import { SettingsService } from './settings.service';

@ApiTags('organizations')
@Controller('v1/organizations/:organization/settings')
export class SettingsController {
  constructor(private readonly settings: SettingsService) {}

  @Get()
  @Allow('operator', 'organization', 'service')
  @ApiOperation({ summary: 'Retention, overage, alert thresholds, plan' })
  get(@OrganizationParam() id: string): Promise<OrganizationSettingsResponse> {
    return this.settings.get(id);
  }

  @Put()
  @Allow('operator', 'organization')
  @AllowBody(movedMembers({ plan: SUBSCRIBE, overage: SET_OVERAGE, autoOverage: SET_OVERAGE }))
  @ApiOperation({ summary: 'Change settings; what is left out stays' })
  put(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Body() body: SettingsDto,
  ): Promise<OrganizationSettingsResponse> {
    return this.settings.change(id, body, caller.keyId);
  }
}
