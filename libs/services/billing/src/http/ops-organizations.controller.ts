import { Body, Controller, Post, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  PaymentMethodDto,
  ReviewDto,
  SellTopUpDto,
  type InvoiceResponse,
  type PaymentMethodResponse,
  type ReviewResponse,
} from '@tallystick/contracts/billing';
import { Allow, CurrentCaller, IdempotencyKeys, OrganizationParam, type Caller } from '@tallystick/contracts/http';
import { BillingSettingsService } from '../billing-settings.service';
import { InvoiceOperations } from '../invoice-operations';

/** Settings of billing that operators change, and sales by hand. */
@ApiTags('billing operations')
@Allow('operator')
@Controller('v1/ops/organizations/:organization')
export class BillingOrganizationsController {
  constructor(
    private readonly settings: BillingSettingsService,
    private readonly operations: InvoiceOperations,
  ) {}

  @Put('payment-method')
  @ApiOperation({ summary: 'Let an operator record the payments, or leave that' })
  setPaymentMethod(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Body() body: PaymentMethodDto,
  ): Promise<PaymentMethodResponse> {
    return this.settings.setPaymentMethod(id, body, caller.keyId);
  }

  @Put('review')
  @ApiOperation({ summary: 'Keep new invoices as drafts until an operator releases them' })
  setReview(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Body() { on }: ReviewDto,
  ): Promise<ReviewResponse> {
    return this.settings.setReview(id, on, caller.keyId);
  }

  @Post('top-ups')
  @ApiOperation({ summary: 'Sell a top-up that was paid by hand. Each request without an Idempotency-Key sells one' })
  sellTopUp(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Body() body: SellTopUpDto,
    @IdempotencyKeys() idempotencyKeys: readonly string[] | undefined,
  ): Promise<InvoiceResponse> {
    return this.operations.sellTopUp(id, body, { actor: caller.keyId, idempotencyKeys });
  }
}
