import { Inject, Injectable } from '@nestjs/common';
import type {
  PlanChangeOffer,
  PlanChangeResponse,
  SubscribeDto,
  SubscribedResponse,
  SubscriptionResponse,
} from '@tallystick/contracts/billing';
import { previewChange, type BillingAccount, type BillingPolicy } from '@tallystick/domain/billing';
import { Clock } from '@tallystick/runtime';
import { BillingService, type UntimedCommand } from './billing.service';
import { offerResponse, subscriptionResponse } from './http/subscription-responses';
import { BILLING_POLICY } from './policy';
import { problemOfBillingRefusal } from './problems';
import { NumberPrefixes } from './records/number-prefixes';

/** The subscription of an organization for HTTP callers. */
@Injectable()
export class SubscriptionService {
  constructor(
    private readonly billing: BillingService,
    private readonly prefixes: NumberPrefixes,
    private readonly clock: Clock,
    @Inject(BILLING_POLICY) private readonly policy: BillingPolicy,
  ) {}

  async get(organizationId: string, atLeastRevision?: number): Promise<SubscriptionResponse> {
    const now = this.clock.instant();
    const show = (account: BillingAccount) => subscriptionResponse(organizationId, account, -1, now);
    const { value, revision } = await this.billing.read(organizationId, show, atLeastRevision);
    if (value.currency !== null) return { ...value, revision };
    // Nothing was bought yet: what is known of the organization elsewhere.
    const [{ currency }, hasCard] = await Promise.all([
      this.billing.termsOf(organizationId),
      this.billing.hasCard(organizationId),
    ]);
    return { ...value, currency, paymentMethod: hasCard ? 'card' : 'none', revision };
  }

  /** Executes a command and shows the subscription after it. */
  async execute(organizationId: string, command: UntimedCommand): Promise<SubscriptionResponse> {
    await this.billing.execute(organizationId, command);
    return this.get(organizationId);
  }

  async subscribe(
    organizationId: string,
    { plan, currency, provider }: SubscribeDto,
    actor: string,
  ): Promise<SubscribedResponse> {
    await this.billing.open(organizationId);
    const prefix = await this.prefixes.of(organizationId);
    const { answer, revision } = await this.billing.execute<'invoiced'>(organizationId, {
      type: 'Subscribe',
      plan,
      ...(currency != null && { currency }),
      ...(provider != null && { provider }),
      prefix,
      actor,
    });
    const { invoiceId, number, due } = answer;
    return { organizationId, status: 'awaiting_payment', invoice: number ?? null, invoiceId, due, revision };
  }

  async preview(organizationId: string, plan: string): Promise<PlanChangeOffer> {
    const now = this.clock.instant();
    const { value } = await this.billing.read(organizationId, (account) =>
      previewChange(this.policy, account, plan, now),
    );
    if ('code' in value) throw problemOfBillingRefusal(value);
    return offerResponse(value);
  }

  async confirm(organizationId: string, changeId: string, actor: string): Promise<PlanChangeResponse> {
    const { answer, revision } = await this.billing.execute<'invoiced' | 'scheduled'>(organizationId, {
      type: 'ConfirmChange',
      changeId,
      actor,
    });
    const { value: currency } = await this.billing.read(organizationId, (account) => account.currency);
    const change = { organizationId, id: changeId, plan: answer.plan ?? '', revision };
    return answer.kind === 'scheduled'
      ? { ...change, kind: 'downgrade', at: answer.at, invoice: null, due: { amount: 0, currency } }
      : {
          ...change,
          kind: 'upgrade',
          at: answer.at ?? this.clock.instant(),
          invoice: answer.number ?? null,
          due: answer.due,
        };
  }
}
