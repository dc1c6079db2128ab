import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { BillingVerificationResponse } from '@tallystick/contracts/billing';
import { Allow } from '@tallystick/contracts/http';
import { BillingVerification } from '../verification/billing-verification.service';

/** Checks of billing. They run as long-running operations. */
@ApiTags('billing operations')
@Allow('operator')
@Controller('v1/ops/billing')
export class BillingChecksController {
  constructor(private readonly verification: BillingVerification) {}

  @Post('verify')
  @HttpCode(202)
  @ApiOperation({ summary: 'Check subscriptions and invoices, and that what was paid is granted' })
  begin(): Promise<BillingVerificationResponse> {
    return this.verification.start();
  }

  @Get('verify/:id')
  @ApiOperation({ summary: 'The progress and the result of a check' })
  get(@Param('id') id: string): Promise<BillingVerificationResponse> {
    return this.verification.get(id);
  }
}
