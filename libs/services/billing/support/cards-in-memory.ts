import {
  PAYMENTS_EVENTS,
  type BillingMessage,
  type CardOnFile,
  type PaymentProvider,
  type RequestedCharge,
} from '@tallystick/contracts/billing';
import type { Bus, RecordStore } from '@tallystick/eventing';
import { RecordCollection } from '@tallystick/hosting';
import { systemClock, type Clock } from '@tallystick/runtime';

const DECLINES = 'declines';
const CARD: CardOnFile = {
  ...{ paymentMethodId: 'card', brand: 'test', lastFour: '0001', isDefault: true },
  ...{ expiresInYear: 2099, expiresInMonth: 12 },
};

/** A card provider. It declines as many charges as it was asked to; the outcome of each charge is a record. */
export class CardsInMemory implements PaymentProvider {
  private readonly outcomes: RecordCollection<'paid' | 'declined'>;
  private readonly left: RecordCollection<number>;
  hasCard = true;

  constructor(
    records: RecordStore,
    private readonly bus: Bus,
    private readonly clock: Clock,
  ) {
    this.outcomes = new RecordCollection(records, 'cards.outcomes', systemClock);
    this.left = new RecordCollection(records, 'cards.left', systemClock);
  }

  paymentMethods = async (): Promise<readonly CardOnFile[]> => (this.hasCard ? [CARD] : []);

  declineNext(count: number): Promise<void> {
    return this.left.put([{ key: DECLINES, value: count }]);
  }

  async take(messages: readonly BillingMessage[]): Promise<void> {
    for (const { organizationId, type, data } of messages)
      if (type === 'ChargeRequested') await this.charge(organizationId, data);
  }

  private async charge(organizationId: string, charge: RequestedCharge): Promise<void> {
    const outcome = await this.outcomeOf(charge.chargeId);
    const { chargeId, invoiceId, attempt, amount, currency } = charge;
    const of = { chargeId, invoiceId, attempt, amount, currency, providerTime: this.clock.instant() };
    const value =
      outcome === 'paid'
        ? { organizationId, type: 'PaymentSucceeded', data: of }
        : { organizationId, type: 'PaymentFailed', data: { ...of, declineCode: 'generic_decline', hard: false } };
    const bytes = Buffer.from(JSON.stringify(value));
    await this.bus.publish(PAYMENTS_EVENTS, [{ key: organizationId, value: bytes, headers: { type: value.type } }]);
  }

  private async outcomeOf(chargeId: string): Promise<'paid' | 'declined'> {
    const known = await this.outcomes.find(chargeId);
    if (known !== undefined) return known;
    const left = await this.left.find(DECLINES);
    const value = (left ?? 0) > 0 ? 'declined' : 'paid';
    await this.outcomes.replace([
      this.outcomes.change(undefined, { key: chargeId, value }),
      ...(left === undefined ? [] : [this.left.change(left, { key: DECLINES, value: Math.max(0, left - 1) })]),
    ]);
    return value;
  }
}
