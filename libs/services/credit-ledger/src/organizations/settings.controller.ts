import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  Allow,
  AllowBody,
  CurrentCaller,
  invalidInput,
  Problem,
  type Caller,
  OrganizationParam,
} from '@tallystick/contracts/http';
import { SettingsDto, type OrganizationSettingsResponse } from '@tallystick/contracts/ledger';
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
  @AllowBody(assertPlanByOperator)
  @ApiOperation({ summary: 'Change settings; what is left out stays' })
  put(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Body() body: SettingsDto,
  ): Promise<OrganizationSettingsResponse> {
    assertAgree(body);
    return this.settings.change(id, body, caller.keyId);
  }
}

function assertPlanByOperator({ role }: Caller, body: unknown): void {
  if ((body as Partial<SettingsDto> | null | undefined)?.plan === undefined || role === 'operator') return;
  throw new Problem(403, 'forbidden', 'A plan is set by an operator, or by subscribing to one.');
}

/** Members that contradict each other are refused before the first of them takes effect. */
function assertAgree({ overage, autoOverage, plan }: SettingsDto): void {
  const refuse = (field: string, message: string): never => {
    throw invalidInput([{ field, rule: 'contradiction', message }]);
  };
  if (overage != null && autoOverage != null && (overage === 'auto') !== autoOverage)
    refuse('autoOverage', `Overage ${overage} contradicts autoOverage ${autoOverage}. Give one of the two.`);
  if (plan === null && (overage === 'auto' || autoOverage === true))
    refuse('plan', 'Auto overage needs a plan. Give a plan, or leave auto overage out.');
}
