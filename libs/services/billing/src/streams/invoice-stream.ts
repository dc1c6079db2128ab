import { BILLING_EVENTS } from '@tallystick/contracts/billing';
import {
  auditInvoice,
  INVOICE_RECORDS,
  INVOICE_VIEWS,
  invoiceDecider,
  newInvoiceAudit,
  type InvoiceAnswer,
  type InvoiceCommand,
  type InvoiceDocument,
  type InvoiceEvent,
} from '@tallystick/domain/billing';
import type { StreamDefinition } from '@tallystick/hosting';
import { INVOICES } from '../collections';
import { organizationOfInvoice, toBillingMessage } from './published-events';

/** The streams of invoices: what `StreamModule` runs for them. */
export const invoiceStream = (): StreamDefinition<InvoiceDocument, InvoiceCommand, InvoiceEvent, InvoiceAnswer> => ({
  category: INVOICES,
  entity: 'invoice',
  decider: invoiceDecider,
  codec: INVOICE_RECORDS,
  views: INVOICE_VIEWS,
  topic: BILLING_EVENTS,
  commands: { taken: invoiceDecider.taken },
  messageKey: ({ entityId }) => organizationOfInvoice(entityId),
  toMessage: (event, stream) => toBillingMessage(organizationOfInvoice(event.entityId), event, stream),
  audit: () => {
    const audit = newInvoiceAudit();
    return (event, revision) => auditInvoice(audit, event, revision);
  },
  answerName: (answer) => (answer.kind === 'refused' ? answer.refusal.code : answer.kind),
});
