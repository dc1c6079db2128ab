import { Inject, Injectable } from '@nestjs/common';
import type {
  BillingDetailsDto,
  BillingDetailsResponse,
  OverageResponse,
  PaymentMethodDto,
  PaymentMethodResponse,
  ReviewResponse,
} from '@tallystick/contracts/billing';
import { methodOf, type BillingPolicy, type OverageChoice } from '@tallystick/domain/billing';
import { BillingService } from './billing.service';
import { detailsResponse } from './http/subscription-responses';
import { BILLING_POLICY } from './policy';
import { BillingDetailsRecords, type BuyerDetails } from './records/billing-details-records';

/** Billing details, overage, payment method and review of an organization. */
@Injectable()
export class BillingSettingsService {
  constructor(
    private readonly billing: BillingService,
    private readonly records: BillingDetailsRecords,
    @Inject(BILLING_POLICY) private readonly policy: BillingPolicy,
  ) {}

  async details(organizationId: string, atLeastRevision?: number): Promise<BillingDetailsResponse> {
    const { value, revision } = await this.billing.read(organizationId, ({ details }) => details.hash, atLeastRevision);
    return detailsResponse(organizationId, (await this.records.get(value)) ?? {}, revision);
  }

  /** The record is stored before the stream refers to it, and the one before is removed. */
  async setDetails(organizationId: string, body: BillingDetailsDto, actor: string): Promise<BillingDetailsResponse> {
    const details = withoutNulls(body);
    const { value: former } = await this.billing.read(organizationId, (account) => account.details.hash);
    const known = await this.records.get(former);
    const hash = known && isSame(known, details) ? former! : await this.records.add(organizationId, details);
    const { country, vatId } = details;
    const { revision } = await this.billing.execute(organizationId, {
      type: 'SetBillingDetails',
      ...(country !== undefined && { country }),
      hasVatId: vatId !== undefined,
      hash,
      actor,
    });
    if (former !== undefined && former !== hash) await this.removeUnused(organizationId, former);
    return detailsResponse(organizationId, details, revision);
  }

  async setOverage(organizationId: string, mode: OverageChoice, actor: string): Promise<OverageResponse> {
    const command = { type: 'ChooseOverage', overage: mode, actor } as const;
    const { revision } = await this.billing.execute(organizationId, command);
    return { organizationId, mode, revision };
  }

  async setPaymentMethod(
    organizationId: string,
    { kind, paymentTermsDays }: PaymentMethodDto,
    actor: string,
  ): Promise<PaymentMethodResponse> {
    const termsDays = paymentTermsDays ?? this.policy.paymentTermsDays;
    const method = kind === 'manual' ? ({ kind, termsDays } as const) : ({ kind: 'card' } as const);
    await this.billing.execute(organizationId, { type: 'SetPaymentMethod', method, actor });
    const { value, revision } = await this.billing.read(organizationId, (account) => ({
      kind: methodOf(account),
      paymentTermsDays: account.manual?.termsDays ?? null,
    }));
    return { organizationId, ...value, revision };
  }

  async setReview(organizationId: string, on: boolean, actor: string): Promise<ReviewResponse> {
    const { revision } = await this.billing.execute(organizationId, { type: 'SetReview', on, actor });
    return { organizationId, on, revision };
  }

  /** Details that an invoice still needs for its copy of the parties stay until that is written. */
  private async removeUnused(organizationId: string, hash: string): Promise<void> {
    const { value: isPending } = await this.billing.read(organizationId, ({ effects }) => effects.length > 0);
    if (!isPending) await this.records.remove(hash);
  }
}

const withoutNulls = (body: BillingDetailsDto): BuyerDetails =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value != null));

const MEMBERS = ['name', 'address', 'country', 'vatId', 'email'] as const;
const isSame = (one: BuyerDetails, other: BuyerDetails): boolean =>
  MEMBERS.every((member) => one[member] === other[member]);
