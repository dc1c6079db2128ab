import { Inject, Injectable } from '@nestjs/common';
import type {
  BillingListQueryDto,
  CreditNoteItem,
  CreditNoteResponse,
  InvoiceItem,
  InvoiceResponse,
  InvoicesQueryDto,
} from '@tallystick/contracts/billing';
import { notFound, type Page } from '@tallystick/contracts/http';
import { findEntry, type FinalInvoice, type InvoiceDocument, type InvoiceEntry } from '@tallystick/domain/billing';
import { CONFIGURATION } from '@tallystick/hosting';
import { BillingService } from './billing.service';
import {
  creditNoteItem,
  creditNoteResponse,
  draftResponse,
  invoiceItem,
  invoiceResponse,
  receivedPaymentItem,
} from './http/invoice-responses';
import { pageOfItems } from './http/pages';
import { InvoicePartiesRecords } from './records/invoice-parties';
import type { BillingSettings } from './settings';
import { InvoiceDocuments } from './streams/invoice-documents';

type FinalizedDocument = InvoiceDocument & { readonly invoice: FinalInvoice };

/** Invoices and credit notes of an organization, as its stream and the streams of the documents have them. */
@Injectable()
export class InvoicesReader {
  constructor(
    private readonly billing: BillingService,
    private readonly invoices: InvoiceDocuments,
    private readonly parties: InvoicePartiesRecords,
    @Inject(CONFIGURATION) private readonly settings: BillingSettings,
  ) {}

  /** Newest first, drafts included. */
  async page(organizationId: string, query: InvoicesQueryDto): Promise<Page<InvoiceItem>> {
    const { value: items } = await this.billing.read(
      organizationId,
      ({ entries, currency }) => Object.values(entries).map((entry) => invoiceItem(organizationId, currency, entry)),
      query.atLeastRevision,
    );
    const wanted = items.reverse().filter(({ status }) => query.status === undefined || status === query.status);
    return pageOfItems(wanted, query, this.settings, ({ id }) => id);
  }

  /** By number, or by id. Throws 404 for an invoice of another organization. */
  async get(organizationId: string, invoice: string, atLeastRevision?: number): Promise<InvoiceResponse> {
    const { value, revision } = await this.billing.read(
      organizationId,
      (account) => {
        const entry = findEntry(account, invoice);
        return entry && { entry: { ...entry }, currency: account.currency };
      },
      atLeastRevision,
    );
    if (value === undefined) throw notFound('invoice');
    const { entry, currency } = value;
    const document = await this.documentOf(entry);
    if (!isFinalized(document)) return draftResponse(invoiceItem(organizationId, currency, entry), entry, revision);
    const parties = await this.parties.find(entry.invoiceId);
    const payments = document.payments.map((payment) => receivedPaymentItem(document.invoice, payment));
    return invoiceResponse(document, entry, parties, payments, revision);
  }

  /** Newest first. */
  async creditNotes(organizationId: string, query: BillingListQueryDto): Promise<Page<CreditNoteItem>> {
    const credited = await this.credited(organizationId, query.atLeastRevision);
    const items = credited
      .flatMap(({ invoice, creditNotes }) => creditNotes.map((note) => creditNoteItem(invoice, note)))
      .filter(({ invoice }) => query.invoice === undefined || invoice === query.invoice)
      .sort((one, other) => (one.number < other.number ? 1 : -1));
    return pageOfItems(items, query, this.settings, ({ number }) => number);
  }

  /** Throws 404 for a credit note of another organization. */
  async creditNote(organizationId: string, number: string): Promise<CreditNoteResponse> {
    for (const { invoice, creditNotes } of await this.credited(organizationId)) {
      const note = creditNotes.find((one) => one.number === number);
      if (note) return creditNoteResponse(invoice, note, await this.parties.find(invoice.invoiceId));
    }
    throw notFound('credit note');
  }

  /** The documents with credit notes. */
  private async credited(organizationId: string, atLeastRevision?: number): Promise<readonly FinalizedDocument[]> {
    const { value: entries } = await this.billing.read(
      organizationId,
      (account) => Object.values(account.entries).filter(({ credited }) => credited.gross > 0),
      atLeastRevision,
    );
    return (await Promise.all(entries.map((entry) => this.documentOf(entry)))).filter(isFinalized);
  }

  private async documentOf({ invoiceId }: InvoiceEntry): Promise<InvoiceDocument> {
    return (await this.invoices.read(invoiceId, (document) => ({ ...document }))).value;
  }
}

const isFinalized = (document: InvoiceDocument): document is FinalizedDocument => document.invoice !== undefined;
