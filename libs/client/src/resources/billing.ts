import type {
  BillingDetailsDto,
  BillingDetailsResponse,
  CancelQueryDto,
  ChangePlanDto,
  CreditNoteDto,
  CreditNoteItem,
  CreditNoteResponse,
  InvoiceItem,
  InvoiceResponse,
  OverageDto,
  OverageResponse,
  PaymentItem,
  PaymentMethodDto,
  PaymentMethodResponse,
  PlanChangeOffer,
  PlanChangeResponse,
  RecordPaymentDto,
  ReviewResponse,
  ScriptedPaymentsResponse,
  ScriptPaymentsDto,
  SellTopUpDto,
  SettledPaymentsResponse,
  SettlePaymentDto,
  SubscribeDto,
  SubscribedResponse,
  SubscriptionResponse,
} from '@tallystick/contracts/billing';
import type { HttpClient, QueryParameters } from '../http-client';
import { listAt } from './pages';

/** The subscription of the organization at `path`, its invoices and payments. */
export const billingOf = (http: HttpClient, path: string) => ({
  subscription: subscription(http, `${path}/subscription`),
  setOverage: (overage: OverageDto): Promise<OverageResponse> =>
    http.request({ method: 'PUT', path: `${path}/overage`, body: overage }),
  invoices: documents<InvoiceItem, InvoiceResponse>(http, `${path}/invoices`),
  creditNotes: documents<CreditNoteItem, CreditNoteResponse>(http, `${path}/credit-notes`),
  payments: listAt<PaymentItem>(http, `${path}/payments`),
  billingDetails: {
    get: (): Promise<BillingDetailsResponse> => http.request({ path: `${path}/billing-details` }),
    change: (details: BillingDetailsDto): Promise<BillingDetailsResponse> =>
      http.request({ method: 'PUT', path: `${path}/billing-details`, body: details }),
  },
});

const documents = <Item, Document>(http: HttpClient, path: string) => ({
  list: listAt<Item>(http, path),
  get: (number: string): Promise<Document> => http.request({ path: `${path}/${encodeURIComponent(number)}` }),
});

const subscription = (http: HttpClient, path: string) => {
  const change = (id: string): string => `${path}/changes/${encodeURIComponent(id)}`;
  return {
    get: (query: QueryParameters = {}): Promise<SubscriptionResponse> => http.request({ path, query }),
    start: (plan: SubscribeDto, idempotencyKey?: string): Promise<SubscribedResponse> =>
      http.request({ path, body: plan, idempotencyKey }),
    previewChange: (plan: ChangePlanDto): Promise<PlanChangeOffer> =>
      http.request({ path: `${path}/changes`, body: plan }),
    confirmChange: (id: string): Promise<PlanChangeResponse> =>
      http.request({ method: 'POST', path: `${change(id)}/confirm` }),
    withdrawChange: (id: string): Promise<SubscriptionResponse> => http.request({ method: 'DELETE', path: change(id) }),
    cancel: ({ when }: CancelQueryDto = {}): Promise<SubscriptionResponse> =>
      http.request({ method: 'DELETE', path, query: { when } }),
    resume: (): Promise<SubscriptionResponse> => http.request({ method: 'POST', path: `${path}/resume` }),
  };
};

const OPS = '/v1/ops';

/** The steps of operators. Partial payments, credit notes and top-ups need an idempotency key. */
export const billingOperations = (http: HttpClient) => ({
  payment: (number: string, payment: RecordPaymentDto, idempotencyKey?: string): Promise<InvoiceResponse> =>
    http.request({ path: ofInvoice(number, 'payments'), body: payment, idempotencyKey }),
  void: (number: string, reason: string): Promise<InvoiceResponse> =>
    http.request({ path: ofInvoice(number, 'void'), body: { reason } }),
  writeOff: (number: string, reason: string): Promise<InvoiceResponse> =>
    http.request({ path: ofInvoice(number, 'write-off'), body: { reason } }),
  creditNote: (number: string, note: CreditNoteDto, idempotencyKey: string): Promise<CreditNoteResponse> =>
    http.request({ path: ofInvoice(number, 'credit-notes'), body: note, idempotencyKey }),
  releaseDraft: (id: string, reason: string): Promise<InvoiceResponse> =>
    http.request({ path: `${OPS}/drafts/${encodeURIComponent(id)}/release`, body: { reason } }),
  dropDraft: (id: string, reason: string): Promise<InvoiceResponse> =>
    http.request({ path: `${OPS}/drafts/${encodeURIComponent(id)}/drop`, body: { reason } }),
  setReview: (organizationId: string, on: boolean): Promise<ReviewResponse> =>
    http.request({ method: 'PUT', path: ofOrganization(organizationId, 'review'), body: { on } }),
  setPaymentMethod: (organizationId: string, method: PaymentMethodDto): Promise<PaymentMethodResponse> =>
    http.request({ method: 'PUT', path: ofOrganization(organizationId, 'payment-method'), body: method }),
  sellTopUp: (organizationId: string, topUp: SellTopUpDto, idempotencyKey: string): Promise<InvoiceResponse> =>
    http.request({ path: ofOrganization(organizationId, 'top-ups'), body: topUp, idempotencyKey }),
});

const ofInvoice = (number: string, action: string): string => `${OPS}/invoices/${encodeURIComponent(number)}/${action}`;
const ofOrganization = (id: string, action: string): string =>
  `${OPS}/organizations/${encodeURIComponent(id)}/${action}`;

/** The scripted payment provider. */
export const sandboxPayments = (http: HttpClient) => {
  const at = (organizationId: string): string => `/v1/sandbox/payments/${encodeURIComponent(organizationId)}`;
  return {
    script: (organizationId: string, script: ScriptPaymentsDto): Promise<ScriptedPaymentsResponse> =>
      http.request({ method: 'PUT', path: at(organizationId), body: script }),
    settle: (organizationId: string, settlement: SettlePaymentDto): Promise<SettledPaymentsResponse> =>
      http.request({ method: 'PUT', path: `${at(organizationId)}/settle`, body: settlement }),
  };
};
