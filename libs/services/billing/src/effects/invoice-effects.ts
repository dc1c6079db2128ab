import { Inject, Injectable } from '@nestjs/common';
import { CatalogVersions } from '@tallystick/catalog';
import type { BillingEffect, BillingPolicy, FinalInvoice, InvoiceCommand } from '@tallystick/domain/billing';
import { Clock } from '@tallystick/runtime';
import { BILLING_POLICY } from '../policy';
import { BillingDetailsRecords } from '../records/billing-details-records';
import { InvoicePartiesRecords } from '../records/invoice-parties';
import { InvoiceDocuments } from '../streams/invoice-documents';
import { EffectRefused } from './effect-errors';
import type { LedgerEffect } from './ledger-effects';

/** A command without its time. */
type UntimedInvoiceCommand<Command> = Command extends unknown ? Omit<Command, 'now'> : never;
type InvoiceStep = UntimedInvoiceCommand<InvoiceCommand>;

export type InvoiceEffect = Exclude<BillingEffect, LedgerEffect>;

/** Effects that are commands on the stream of an invoice. Each command can be repeated. */
@Injectable()
export class InvoiceEffects {
  constructor(
    private readonly invoices: InvoiceDocuments,
    private readonly details: BillingDetailsRecords,
    private readonly parties: InvoicePartiesRecords,
    private readonly clock: Clock,
    private readonly catalogs: CatalogVersions,
    @Inject(BILLING_POLICY) private readonly policy: BillingPolicy,
  ) {}

  /** `since`: the time of the event that leads to the effect. */
  async carryOut(effect: InvoiceEffect, since: string, causationId: string): Promise<void> {
    const invoiceId = effect.type === 'finalize-invoice' ? effect.invoice.invoiceId : effect.invoiceId;
    const trace = { now: this.clock.instant(), occurredAt: since, causationId };
    const { answer } = await this.invoices.execute(invoiceId, { ...trace, ...(await this.commandOf(effect)) });
    if (answer.kind === 'refused') throw new EffectRefused(answer.refusal.code, answer.refusal.message);
  }

  private async commandOf(effect: InvoiceEffect): Promise<InvoiceStep> {
    switch (effect.type) {
      case 'finalize-invoice': {
        const { invoice } = effect;
        return { type: 'FinalizeInvoice', invoice, partiesHash: await this.partiesOf(invoice) };
      }
      case 'record-payment':
        return { type: 'NotePayment', payment: effect.payment };
      case 'change-status':
        return { type: 'NoteStatus', status: effect.status, reason: effect.reason };
      case 'issue-credit-note':
        return { type: 'NoteCreditNote', creditNote: effect.creditNote };
    }
  }

  /** The copy of seller and buyer is stored before the invoice refers to it. */
  private async partiesOf({ invoiceId, detailsHash, country, catalog }: FinalInvoice): Promise<string> {
    const { seller } = (await this.catalogs.versionOf(catalog)) ?? this.policy.catalog;
    if (seller === undefined)
      throw new EffectRefused('no_seller', 'The catalog has no seller. Add it, and start billing again.');
    const buyer = (await this.details.get(detailsHash)) ?? { ...(country !== undefined && { country }) };
    return this.parties.keep(invoiceId, { seller, buyer });
  }
}
