import { Controller, Logger } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { BILLING_EVENTS, type BillingMessageOf } from '@tallystick/contracts/billing';
import type { ReceivedMessage } from '@tallystick/eventing';
import { consumerTransportOf, jsonMessages } from '@tallystick/hosting';
import { ScriptedProvider } from './scripted-provider';

/** Takes the charges that billing requests. */
@Controller()
export class ChargesConsumer {
  private readonly log = new Logger(ChargesConsumer.name);

  constructor(private readonly provider: ScriptedProvider) {}

  @EventPattern(BILLING_EVENTS, consumerTransportOf('scripted-payments'), { batch: true })
  async take(@Payload() messages: readonly ReceivedMessage[]): Promise<void> {
    const requests = messages.filter(({ headers }) => headers['type'] === 'ChargeRequested');
    for (const { organizationId, data } of jsonMessages(requests, isChargeRequest, this.log)) {
      const { chargeId, invoiceId, attempt, amount, currency } = data;
      await this.provider.charge(organizationId, { chargeId, invoiceId, attempt, amount, currency });
    }
  }
}

function isChargeRequest(value: unknown): value is BillingMessageOf<'ChargeRequested'> {
  const { organizationId, type, data } = (value ?? {}) as Partial<BillingMessageOf<'ChargeRequested'>>;
  const isText = (member: unknown) => typeof member === 'string';
  return (
    type === 'ChargeRequested' &&
    [organizationId, data?.chargeId, data?.invoiceId, data?.currency].every(isText) &&
    [data?.amount, data?.attempt].every(Number.isSafeInteger)
  );
}
