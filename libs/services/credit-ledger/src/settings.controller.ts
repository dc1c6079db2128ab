import {
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Param,
  Put,
  UseGuards,
} from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  Allow,
  CurrentCaller,
  Problem,
  SettingsDto,
  type Caller,
  type CallerRequest,
} from '@tallystick/contracts';
import { SettingsService } from './settings.service';

/** A guard, so that it stands before stored answers as well: an operator's is not repeated for an organization's key. */
class PlanGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { caller, body } = context
      .switchToHttp()
      .getRequest<CallerRequest & { body?: Partial<SettingsDto> }>();
    if (body?.plan === undefined || caller?.role === 'operator') return true;
    throw new Problem(403, 'forbidden', 'A plan is set by an operator, or by subscribing to one.');
  }
}

@ApiTags('organizations')
@Controller('v1/organizations/:organization/settings')
export class SettingsController {
  constructor(private readonly settings: SettingsService) {}

  @Get()
  @Allow('operator', 'organization', 'service')
  @ApiOperation({ summary: 'Retention, overage, alert thresholds, plan' })
  get(@Param('organization') id: string) {
    return this.settings.get(id);
  }

  @Put()
  @Allow('operator', 'organization')
  @UseGuards(PlanGuard)
  @ApiOperation({ summary: 'Change settings; what is left out stays' })
  put(@CurrentCaller() caller: Caller, @Param('organization') id: string, @Body() body: SettingsDto) {
    return this.settings.change(id, body, caller.keyId);
  }
}
