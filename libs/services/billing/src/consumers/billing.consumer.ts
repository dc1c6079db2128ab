import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { PAYMENTS_EVENTS } from '@tallystick/contracts/billing';
import { CREDITS_EVENTS } from '@tallystick/contracts/ledger';
import type { BatchContext, ReceivedMessage } from '@tallystick/eventing';
import { consumerTransportOf } from '@tallystick/hosting';
import { BillingMessages } from './billing-messages.service';

const CONSUMERS = consumerTransportOf('billing');

/** Consumes the reports of payment providers, and the closes of billing periods. */
@Controller()
export class BillingConsumer {
  constructor(private readonly messages: BillingMessages) {}

  @EventPattern(PAYMENTS_EVENTS, CONSUMERS, { batch: true })
  payments(@Payload() messages: readonly ReceivedMessage[], @Ctx() context: unknown): Promise<void> {
    return this.messages.take(messages, () => (context as BatchContext).heartbeat());
  }

  @EventPattern(CREDITS_EVENTS, CONSUMERS, { batch: true })
  credits(@Payload() messages: readonly ReceivedMessage[], @Ctx() context: unknown): Promise<void> {
    return this.messages.take(messages, () => (context as BatchContext).heartbeat());
  }
}
