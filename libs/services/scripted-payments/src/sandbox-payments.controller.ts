import { Body, Controller, HttpCode, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  ScriptPaymentsDto,
  SettlePaymentDto,
  type ScriptedPaymentsResponse,
  type SettledPaymentsResponse,
} from '@tallystick/contracts/billing';
import { Allow, OrganizationParam } from '@tallystick/contracts/http';
import { ScriptedProvider } from './scripted-provider';

/** The script of the payments of an organization. */
@ApiTags('sandbox')
@Allow('operator')
@Controller('v1/sandbox/payments/:organization')
export class SandboxPaymentsController {
  constructor(private readonly provider: ScriptedProvider) {}

  @Put()
  @ApiOperation({ summary: 'Say what happens to the next charges, or replace or remove the card' })
  async script(
    @OrganizationParam() organizationId: string,
    @Body() body: ScriptPaymentsDto,
  ): Promise<ScriptedPaymentsResponse> {
    const { next, isRemoved } = await this.provider.change(organizationId, body);
    return { organizationId, next, card: !isRemoved };
  }

  @Put('settle')
  @ApiOperation({ summary: 'End charges that are processing or wait for the customer' })
  async settle(
    @OrganizationParam() organizationId: string,
    @Body() { outcome, invoice }: SettlePaymentDto,
  ): Promise<SettledPaymentsResponse> {
    const isOf = ({ invoiceId, invoice: number }: { invoiceId: string; invoice?: string }) =>
      invoice == null || invoice === invoiceId || invoice === number;
    const charges = await this.provider.settle(organizationId, outcome, isOf);
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
}
