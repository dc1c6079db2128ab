import { Body, Controller, HttpCode, Inject, NotFoundException, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  PaymentProvider,
  ScriptPaymentsDto,
  SettlePaymentDto,
  type ScriptedPaymentsResponse,
  type SettledPaymentsResponse,
} from '@tallystick/contracts/billing';
import { Allow, OrganizationParam } from '@tallystick/contracts/http';
import { ActivityRegistry, CONFIGURATION, type CommonSettings } from '@tallystick/hosting';
import type { ScriptedProvider } from './scripted-provider';

/** The script of the payments of an organization. A call is answered when all that follows from it is done. */
@ApiTags('sandbox')
@Allow('operator')
@Controller('v1/sandbox/payments/:organization')
export class SandboxPaymentsController {
  constructor(
    @Inject(PaymentProvider) private readonly active: ScriptedProvider | undefined,
    private readonly activities: ActivityRegistry,
    @Inject(CONFIGURATION) private readonly settings: CommonSettings,
  ) {}

  /** Throws 404 where another provider carries the payments. */
  private get provider(): ScriptedProvider {
    if (this.active === undefined) throw new NotFoundException();
    return this.active;
  }

  @Put()
  @ApiOperation({ summary: 'Say what happens to the next charges, or replace or remove the card' })
  async script(
    @OrganizationParam() organizationId: string,
    @Body() body: ScriptPaymentsDto,
  ): Promise<ScriptedPaymentsResponse> {
    const { next, isRemoved } = await this.provider.change(organizationId, body);
    await this.untilIdle();
    return { organizationId, next, card: !isRemoved };
  }

  @Put('settle')
  @ApiOperation({ summary: 'End charges that are processing or wait for the customer' })
  async settle(
    @OrganizationParam() organizationId: string,
    @Body() { outcome, invoice }: SettlePaymentDto,
  ): Promise<SettledPaymentsResponse> {
    const charges = await this.provider.settle(organizationId, outcome, invoice ?? undefined);
    await this.untilIdle();
    return { organizationId, outcome, charges };
  }

  @Post('settle')
  @HttpCode(200)
  @ApiOperation({ summary: 'The same as PUT' })
  settleByPost(
    @OrganizationParam() organizationId: string,
    @Body() body: SettlePaymentDto,
  ): Promise<SettledPaymentsResponse> {
    return this.settle(organizationId, body);
  }

  private untilIdle(): Promise<void> {
    return this.activities.untilIdle(AbortSignal.timeout(this.settings.clockIdleSeconds * 1_000));
  }
}
