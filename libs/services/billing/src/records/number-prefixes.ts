import { Inject, Injectable } from '@nestjs/common';
import { BILLING_RECORDS, type BillingPolicy } from '@tallystick/domain/billing';
import { Unreadable } from '@tallystick/domain/kernel';
import { EventStore, LOG_START } from '@tallystick/eventing';
import { streamPrefixOf } from '@tallystick/hosting';
import { SUBSCRIPTIONS } from '../collections';
import { BILLING_POLICY } from '../policy';
import { Subscriptions } from '../streams/subscriptions';
import { InvoicePrefixes } from './invoice-prefixes';

const PAGE = 2_000;
const NUMBER_FORM = /^(?:TEST-)?(.+?)(?:-CN)?-\d{6,}$/;
const ID_OF_INVOICE = /^(.+)\.\d+$/;

/** The prefix of an organization's numbers, as its stream has it, else as it is reserved. */
@Injectable()
export class NumberPrefixes {
  constructor(
    private readonly subscriptions: Subscriptions,
    private readonly records: InvoicePrefixes,
    private readonly store: EventStore,
    @Inject(BILLING_POLICY) private readonly policy: BillingPolicy,
  ) {}

  /** A prefix is reserved before the first command that uses it. */
  async of(organizationId: string): Promise<string> {
    const { value: used } = await this.subscriptions.read(organizationId, ({ prefix }) => prefix);
    return used ?? this.records.of(organizationId, this.policy.catalog.invoicePrefix);
  }

  /** Reserves the prefixes that the streams have, in case that the records were lost. */
  async rebuild(): Promise<void> {
    const category = streamPrefixOf(SUBSCRIPTIONS);
    for (let after = LOG_START; ;) {
      const { events, position } = await this.store.readLog(after, PAGE, category);
      const used = new Map<string, string>();
      for (const recorded of events) {
        const event = BILLING_RECORDS.decode(recorded);
        if (event instanceof Unreadable || !('prefix' in event.data)) continue;
        used.set(recorded.stream.slice(category.length), event.data.prefix);
      }
      for (const [organizationId, prefix] of used) await this.records.reserve(organizationId, prefix);
      if (position === after) return;
      after = position;
    }
  }

  /** The organization of an invoice, by its number or its id. Undefined for a text that is neither. */
  async organizationOf(invoice: string): Promise<string | undefined> {
    const [, prefix] = NUMBER_FORM.exec(invoice) ?? [];
    const holder = prefix === undefined ? undefined : await this.records.holderOf(prefix);
    return holder ?? ID_OF_INVOICE.exec(invoice)?.[1];
  }
}
