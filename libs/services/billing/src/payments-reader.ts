import { Inject, Injectable } from '@nestjs/common';
import type { BillingListQueryDto, PaymentItem } from '@tallystick/contracts/billing';
import type { Page } from '@tallystick/contracts/http';
import { findEntry, PAYMENT_ROWS } from '@tallystick/domain/billing';
import type { Row } from '@tallystick/domain/kernel';
import { ViewStore } from '@tallystick/eventing';
import { CONFIGURATION, pageLimit } from '@tallystick/hosting';
import { BillingService } from './billing.service';
import { cursorOf, readRevisionCursor } from './http/pages';
import type { BillingSettings } from './settings';
import { Subscriptions } from './streams/subscriptions';

/** Payments and charges of an organization, from their view. */
@Injectable()
export class PaymentsReader {
  constructor(
    private readonly billing: BillingService,
    private readonly subscriptions: Subscriptions,
    private readonly views: ViewStore,
    @Inject(CONFIGURATION) private readonly settings: BillingSettings,
  ) {}

  /** Newest first. */
  async page(organizationId: string, query: BillingListQueryDto): Promise<Page<PaymentItem>> {
    const { value: account, revision } = await this.billing.read(
      organizationId,
      (read) => ({
        currency: read.currency,
        invoiceId: query.invoice === undefined ? undefined : (findEntry(read, query.invoice)?.invoiceId ?? ''),
        numbers: new Map(Object.values(read.entries).map(({ invoiceId, number }) => [invoiceId, number])),
      }),
      query.atLeastRevision,
    );
    const behind = await this.subscriptions.projections.behind(organizationId, revision);
    const size = pageLimit(query.limit, this.settings);
    const before = readRevisionCursor(query.cursor);
    const rows = await this.views.find(PAYMENT_ROWS, {
      where: {
        organizationId,
        ...(account.invoiceId !== undefined && { invoiceId: account.invoiceId }),
        ...(before !== undefined && { revision: { before } }),
      },
      order: ['-revision'],
      limit: size + 1,
    });
    const page = rows.slice(0, size);
    const last = page[page.length - 1];
    return {
      data: page.map((row) => paymentItem(organizationId, account.currency, account.numbers, row)),
      nextCursor: rows.length > size && last !== undefined ? cursorOf(String(last['revision'])) : null,
      ...(behind && { behind }),
    };
  }
}

const paymentItem = (
  organizationId: string,
  currency: string,
  numbers: ReadonlyMap<string, string | undefined>,
  row: Row,
): PaymentItem => {
  const text = (column: string) => row[column] as string | null;
  const invoiceId = text('invoiceId') as string;
  return {
    id: text('paymentId') as string,
    organizationId,
    invoice: numbers.get(invoiceId) ?? null,
    invoiceId,
    status: row['status'] as PaymentItem['status'],
    provider: text('provider') as string,
    amount: row['amount'] as number,
    currency: text('currency') ?? currency,
    at: text('at') as string,
    declineCode: text('declineCode'),
    url: text('url'),
    reference: text('reference'),
  };
};
