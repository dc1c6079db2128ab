import type { Row, StreamEvent, View } from '@tallystick/domain/kernel';
import type { BillingEvent, BillingFacts } from '../subscription/events';

export type PaymentStatus = 'requested' | 'action_required' | 'paid' | 'failed' | 'refund_requested' | 'parked';

/** The columns that each type of event sets. */
const CHANGES: { readonly [Type in keyof BillingFacts]?: (data: BillingFacts[Type], at: string) => Row } = {
  ChargeRequested: ({ chargeId: paymentId, invoiceId, attempt, amount, currency }, at) => ({
    ...{ paymentId, invoiceId, provider: 'card', status: 'requested', amount, currency, attempt, at, url: null },
  }),
  ChargeActionRequired: ({ url }, at) => ({ status: 'action_required', url, at }),
  ChargeFailed: ({ declineCode }, at) => ({ status: 'failed', declineCode: declineCode ?? null, url: null, at }),
  PaymentReceived: ({ paymentId, invoiceId, provider, amount, paidAt, providerTime, reference }) => ({
    ...{ paymentId, invoiceId, provider, status: 'paid', amount, at: providerTime ?? paidAt },
    ...{ reference: reference ?? null, declineCode: null, url: null },
  }),
  RefundRequested: ({ chargeId: paymentId, invoiceId, amount, currency }, at) => ({
    ...{ paymentId, invoiceId, provider: 'card', status: 'refund_requested', amount, currency, at, url: null },
  }),
  PaymentParked: ({ chargeId: paymentId, invoiceId, amount, currency }, at) => ({
    ...{ paymentId, invoiceId, provider: 'card', status: 'parked', amount, currency, at, url: null },
  }),
};

/** One row per charge of a card and per payment by hand. `currency` is null for a payment by hand: it is the organization's. */
export const payments: View<StreamEvent<BillingEvent>, Row> = {
  table: {
    name: 'payments',
    columns: {
      organizationId: 'text',
      paymentId: 'text',
      invoiceId: 'text',
      provider: 'text',
      status: 'text',
      amount: 'integer',
      currency: 'text',
      attempt: 'integer',
      at: 'text',
      declineCode: 'text',
      url: 'text',
      reference: 'text',
      revision: 'integer',
    },
    key: ['organizationId', 'paymentId'],
    indexes: [
      ['organizationId', 'revision'],
      ['organizationId', 'invoiceId'],
    ],
  },
  keysOf: ({ entityId, event }) => {
    const paymentId = paymentIdIn(event);
    return paymentId === undefined ? [] : [[entityId, paymentId]];
  },
  isFirst: ({ event }) => event.type === 'ChargeRequested',
  read: (row, [organizationId, paymentId]) =>
    row ?? { ...EMPTY, organizationId: organizationId!, paymentId: paymentId! },
  fold: (row, { event, revision }) => {
    const changes = CHANGES[event.type] as ((data: BillingEvent['data'], at: string) => Row) | undefined;
    if (!changes) return row;
    return { ...row, ...changes(event.data, event.metadata.recordedAt), revision: row['revision'] ?? revision };
  },
  write: (row) => row,
};

const EMPTY: Row = {
  ...{ invoiceId: null, provider: null, status: null, amount: null, currency: null, attempt: null, at: null },
  ...{ declineCode: null, url: null, reference: null, revision: null },
};

function paymentIdIn(event: BillingEvent): string | undefined {
  if (CHANGES[event.type] === undefined) return undefined;
  const { data } = event;
  return 'chargeId' in data ? data.chargeId : 'paymentId' in data ? data.paymentId : undefined;
}
