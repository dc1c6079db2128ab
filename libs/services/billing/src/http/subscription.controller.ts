import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  BillingQueryDto,
  CancelQueryDto,
  ChangePlanDto,
  SubscribeDto,
  type PlanChangeOffer,
  type PlanChangeResponse,
  type SubscribedResponse,
  type SubscriptionResponse,
} from '@tallystick/contracts/billing';
import {
  Allow,
  AllowBody,
  CurrentCaller,
  OrganizationParam,
  Problem,
  WithoutIdempotencyKey,
  type Caller,
} from '@tallystick/contracts/http';
import { SubscriptionService } from '../subscription.service';

/** The plan of an organization: subscribe, change, cancel, resume. */
@ApiTags('billing')
@Allow('operator', 'organization')
@Controller('v1/organizations/:organization/subscription')
export class SubscriptionController {
  constructor(private readonly subscriptions: SubscriptionService) {}

  @Get()
  @ApiOperation({ summary: 'The subscription: plan, price as sold, period, what is scheduled' })
  get(@OrganizationParam() id: string, @Query() query: BillingQueryDto): Promise<SubscriptionResponse> {
    return this.subscriptions.get(id, query.atLeastRevision);
  }

  @Post()
  @HttpCode(202)
  @AllowBody(assertManualByOperator)
  @ApiOperation({ summary: 'Subscribe to a plan. It is active when its first invoice is paid' })
  subscribe(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Body() body: SubscribeDto,
  ): Promise<SubscribedResponse> {
    return this.subscriptions.subscribe(id, body, caller.keyId);
  }

  @Delete()
  @ApiOperation({ summary: 'Cancel, at the end of the period or now. Repeating it changes nothing' })
  cancel(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Query() { when = 'period-end' }: CancelQueryDto,
  ): Promise<SubscriptionResponse> {
    return this.subscriptions.execute(id, { type: 'CancelSubscription', when, actor: caller.keyId });
  }

  @Post('resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Take a cancellation back before it takes effect' })
  resume(@CurrentCaller() caller: Caller, @OrganizationParam() id: string): Promise<SubscriptionResponse> {
    return this.subscriptions.execute(id, { type: 'ResumeSubscription', actor: caller.keyId });
  }

  @Post('changes')
  @HttpCode(200)
  @WithoutIdempotencyKey()
  @ApiOperation({ summary: 'What a change of plan costs. Nothing is stored until it is confirmed' })
  preview(@OrganizationParam() id: string, @Body() { plan }: ChangePlanDto): Promise<PlanChangeOffer> {
    return this.subscriptions.preview(id, plan);
  }

  @Post('changes/:change/confirm')
  @HttpCode(200)
  @ApiOperation({ summary: 'Confirm a change of plan. An upgrade counts when its invoice is paid' })
  confirm(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Param('change') changeId: string,
  ): Promise<PlanChangeResponse> {
    return this.subscriptions.confirm(id, changeId, caller.keyId);
  }

  @Delete('changes/:change')
  @ApiOperation({ summary: 'Withdraw a scheduled downgrade, or an upgrade that is not paid' })
  withdraw(
    @CurrentCaller() caller: Caller,
    @OrganizationParam() id: string,
    @Param('change') changeId: string,
  ): Promise<SubscriptionResponse> {
    return this.subscriptions.execute(id, { type: 'WithdrawChange', changeId, actor: caller.keyId });
  }
}

/** An operator records manual payments, so only an operator may sell on them. */
function assertManualByOperator({ role }: Caller, body: unknown): void {
  if ((body as Partial<SubscribeDto> | null | undefined)?.provider == null || role === 'operator') return;
  throw new Problem(403, 'forbidden', 'Payments by hand are for operators. Leave provider out to pay by card.');
}
