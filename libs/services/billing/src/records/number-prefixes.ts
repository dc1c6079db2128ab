import { Inject, Injectable } from '@nestjs/common';
import type { BillingPolicy } from '@tallystick/domain/billing';
import { BILLING_POLICY } from '../policy';
import { Subscriptions } from '../streams/subscriptions';
import { InvoicePrefixes } from './invoice-prefixes';

const NUMBER_FORM = /^(?:TEST-)?(.+?)(?:-CN)?-\d{6,}$/;
const ID_OF_INVOICE = /^(.+)\.\d+$/;

/** The prefix of an organization's numbers, as its stream has it, else as it is reserved. */
@Injectable()
export class NumberPrefixes {
  constructor(
    private readonly subscriptions: Subscriptions,
    private readonly records: InvoicePrefixes,
    @Inject(BILLING_POLICY) private readonly policy: BillingPolicy,
  ) {}

  /** A prefix is reserved before the first command that uses it. */
  async of(organizationId: string): Promise<string> {
    const { value: used } = await this.subscriptions.read(organizationId, ({ prefix }) => prefix);
    return used ?? this.records.of(organizationId, this.policy.catalog.invoicePrefix);
  }

  /** The organization of an invoice, by its number or its id. Undefined for a text that is neither. */
  async organizationOf(invoice: string): Promise<string | undefined> {
    const [, prefix] = NUMBER_FORM.exec(invoice) ?? [];
    const holder = prefix === undefined ? undefined : await this.records.holderOf(prefix);
    return holder ?? ID_OF_INVOICE.exec(invoice)?.[1];
  }
}
