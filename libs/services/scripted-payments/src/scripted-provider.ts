import { Injectable } from '@nestjs/common';
import {
  PAYMENTS_EVENTS,
  type CardOnFile,
  type PaymentProvider,
  type PaymentsMessage,
  type RequestedCharge,
  type ScriptPaymentsDto,
} from '@tallystick/contracts/billing';
import { Bus, RecordStore } from '@tallystick/eventing';
import { RecordCollection } from '@tallystick/hosting';
import { Clock, SystemClock } from '@tallystick/runtime';
import { cardAdded, cardId, cardRemoved, chargeMessage } from './charge-messages';
import { FIRST_SCRIPT, isWaiting, nextOutcome, type PaymentScript, type DecidedCharge } from './charge-records';
import { SCRIPTED_COLLECTIONS } from './collections';

const PAGE = 500;
/** No card of this provider expires. */
const LAST_YEAR = 2099;
const LAST_MONTH = 12;

/**
 * A card provider that follows a script, for tests. The outcome of a charge is stored before it is reported, so that a repeated
 * request gets the same one.
 */
@Injectable()
export class ScriptedProvider implements PaymentProvider {
  private readonly scripts: RecordCollection<PaymentScript>;
  private readonly charges: RecordCollection<DecidedCharge>;
  private readonly invoices: RecordCollection<string>;

  constructor(
    records: RecordStore,
    private readonly bus: Bus,
    private readonly clock: Clock,
    systemClock: SystemClock,
  ) {
    this.scripts = new RecordCollection(records, SCRIPTED_COLLECTIONS.scripts, systemClock);
    this.charges = new RecordCollection(records, SCRIPTED_COLLECTIONS.charges, systemClock);
    this.invoices = new RecordCollection(records, SCRIPTED_COLLECTIONS.invoices, systemClock);
  }

  async paymentMethods(organizationId: string): Promise<readonly CardOnFile[]> {
    const { cards, isRemoved } = await this.script(organizationId);
    if (isRemoved) return [];
    const expiry = { expiresInYear: LAST_YEAR, expiresInMonth: LAST_MONTH };
    const lastFour = String(cards % 10_000).padStart(4, '0');
    return [{ paymentMethodId: cardId(cards), brand: 'scripted', lastFour, ...expiry, isDefault: true }];
  }

  async script(organizationId: string): Promise<PaymentScript> {
    return (await this.scripts.find(organizationId)) ?? FIRST_SCRIPT;
  }

  /** Changes what happens next. A new card and the removal of the card are reported. */
  async change(organizationId: string, { next, card }: ScriptPaymentsDto): Promise<PaymentScript> {
    for (;;) {
      const stored = await this.scripts.find(organizationId);
      const { isRemoved, ...before } = stored ?? FIRST_SCRIPT;
      const script = {
        next: next ?? before.next,
        cards: before.cards + (card === 'new' ? 1 : 0),
        ...((card === 'none' || (card == null && isRemoved)) && { isRemoved: true as const }),
      };
      const change = this.scripts.change(stored, { key: organizationId, value: script });
      if (!(await this.scripts.replace([change]))) continue;
      const now = this.clock.instant();
      if (card === 'new') await this.publish([cardAdded(organizationId, script.cards, now)]);
      if (card === 'none') await this.publish([cardRemoved(organizationId, script.cards, now)]);
      return script;
    }
  }

  /** Decides each charge once, and reports it each time. */
  async charge(organizationId: string, charge: RequestedCharge): Promise<void> {
    await this.report([await this.decide(organizationId, charge)]);
  }

  /** Remembers the number of an invoice, by which a settlement may name it. */
  async name(organizationId: string, invoiceId: string, number: string): Promise<void> {
    await this.invoices.put([{ key: `${organizationId}/${number}`, value: invoiceId }]);
  }

  /**
   * Ends the charges that are processing or wait for the customer; those of one invoice if its number or id is given. Returns
   * their ids.
   */
  async settle(organizationId: string, outcome: 'paid' | 'declined', invoice?: string): Promise<readonly string[]> {
    const invoiceId = invoice && ((await this.invoices.find(`${organizationId}/${invoice}`)) ?? invoice);
    const settled = { outcome, at: this.clock.instant() };
    const ended: DecidedCharge[] = [];
    for (const { key, value: charge } of await this.chargesOf(organizationId)) {
      if (invoiceId !== undefined && charge.charge.invoiceId !== invoiceId) continue;
      // (the report of an earlier settlement may have been lost)
      if (charge.settled?.isReported === false) ended.push(charge);
      if (!isWaiting(charge)) continue;
      const value = { ...charge, settled: { ...settled, isReported: false } };
      if (await this.charges.replace([this.charges.change(charge, { key, value })])) ended.push(value);
    }
    await this.report(ended);
    await this.charges.put(
      ended.map((charge) => ({
        key: keyOf(charge),
        value: { ...charge, settled: { ...charge.settled!, isReported: true } },
      })),
    );
    return ended.map(({ charge }) => charge.chargeId);
  }

  private async decide(organizationId: string, charge: RequestedCharge): Promise<DecidedCharge> {
    const key = keyOf({ organizationId, charge });
    for (;;) {
      const known = await this.charges.find(key);
      if (known) return known;
      const stored = await this.scripts.find(organizationId);
      const { outcome, script } = nextOutcome(stored ?? FIRST_SCRIPT);
      const value = { organizationId, charge, outcome, at: this.clock.instant() };
      const isStored = await this.charges.replace([
        this.charges.change(undefined, { key, value }),
        this.scripts.change(stored, { key: organizationId, value: script }),
      ]);
      if (isStored) return value;
    }
  }

  private async chargesOf(organizationId: string): Promise<readonly { key: string; value: DecidedCharge }[]> {
    const all = [];
    for (let after: string | undefined; ;) {
      const page = await this.charges.list({ prefix: `${organizationId}/`, after, limit: PAGE });
      all.push(...page);
      if (page.length < PAGE) return all;
      after = page[page.length - 1]!.key;
    }
  }

  private report(charges: readonly DecidedCharge[]): Promise<void> {
    return this.publish(charges.flatMap((charge) => chargeMessage(charge) ?? []));
  }

  private async publish(messages: readonly PaymentsMessage[]): Promise<void> {
    if (messages.length === 0) return;
    await this.bus.publish(
      PAYMENTS_EVENTS,
      messages.map((message) => ({
        key: message.organizationId,
        value: Buffer.from(JSON.stringify(message)),
        headers: { type: message.type, schema: String(message.metadata.schemaVersion) },
      })),
    );
  }
}

const keyOf = ({ organizationId, charge }: Pick<DecidedCharge, 'organizationId' | 'charge'>): string =>
  `${organizationId}/${charge.chargeId}`;
