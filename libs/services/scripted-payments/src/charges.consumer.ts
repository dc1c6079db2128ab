import { Controller, Inject, Logger } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { BILLING_EVENTS, PaymentProvider, type BillingMessageOf } from '@tallystick/contracts/billing';
import type { ReceivedMessage } from '@tallystick/eventing';
import { consumerTransportOf, jsonMessages } from '@tallystick/hosting';
import type { ScriptedProvider } from './scripted-provider';

type BillingRequest = BillingMessageOf<'ChargeRequested'> | BillingMessageOf<'InvoiceNumbered'>;
const TYPES: ReadonlySet<string | undefined> = new Set<BillingRequest['type']>(['ChargeRequested', 'InvoiceNumbered']);

/** Takes the charges that billing requests, and the numbers of their invoices. */
@Controller()
export class ChargesConsumer {
  private readonly log = new Logger(ChargesConsumer.name);

  constructor(@Inject(PaymentProvider) private readonly provider: ScriptedProvider | undefined) {}

  @EventPattern(BILLING_EVENTS, consumerTransportOf('scripted-payments'), { batch: true })
  async take(@Payload() messages: readonly ReceivedMessage[]): Promise<void> {
    const { provider } = this;
    if (provider === undefined) return;
    const requests = messages.filter(({ headers }) => TYPES.has(headers['type']));
    for (const request of jsonMessages(requests, isBillingRequest, this.log)) {
      const { organizationId, type, data } = request;
      if (type === 'InvoiceNumbered') await provider.name(organizationId, data.invoiceId, data.number);
      else {
        const { chargeId, invoiceId, attempt, amount, currency } = data;
        await provider.charge(organizationId, { chargeId, invoiceId, attempt, amount, currency });
      }
    }
  }
}

function isBillingRequest(value: unknown): value is BillingRequest {
  const {
    organizationId,
    type,
    data = {},
  } = (value ?? {}) as {
    readonly organizationId?: unknown;
    readonly type?: unknown;
    readonly data?: Readonly<Record<string, unknown>>;
  };
  const hasTexts = (...members: readonly unknown[]) => members.every((member) => typeof member === 'string');
  const { chargeId, invoiceId, number, amount, attempt, currency } = data;
  if (type === 'InvoiceNumbered') return hasTexts(organizationId, invoiceId, number);
  const hasAmounts = [amount, attempt].every(Number.isSafeInteger);
  return type === 'ChargeRequested' && hasTexts(organizationId, chargeId, invoiceId, currency) && hasAmounts;
}
