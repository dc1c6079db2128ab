import { Inject, Injectable } from '@nestjs/common';
import type {
  CreditNoteDto,
  CreditNoteResponse,
  InvoiceResponse,
  RecordPaymentDto,
  SellTopUpDto,
} from '@tallystick/contracts/billing';
import { checkTime, invalidInput, notFound, Problem, toInstant } from '@tallystick/contracts/http';
import { CONFIGURATION } from '@tallystick/hosting';
import { Clock } from '@tallystick/runtime';
import { BillingService, type UntimedCommand } from './billing.service';
import { InvoicesReader } from './invoices-reader';
import { NumberPrefixes } from './records/number-prefixes';
import type { BillingSettings } from './settings';

/** The operator, and the keys of an `Idempotency-Key`. */
interface OperatorRequest {
  readonly actor: string;
  readonly idempotencyKeys: readonly string[] | undefined;
}

/** Steps of operators on invoices, and top-ups that are paid by hand. */
@Injectable()
export class InvoiceOperations {
  constructor(
    private readonly billing: BillingService,
    private readonly reader: InvoicesReader,
    private readonly prefixes: NumberPrefixes,
    private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly settings: BillingSettings,
  ) {}

  /** Executes a command on an invoice or a draft, and shows it afterwards. */
  async execute(invoice: string, command: UntimedCommand): Promise<InvoiceResponse> {
    const organizationId = await this.organizationOf(invoice);
    await this.billing.execute(organizationId, command);
    return this.reader.get(organizationId, invoice);
  }

  /** Executes a command that removes a draft, and returns the draft as it was. */
  async drop(draft: string, command: UntimedCommand): Promise<InvoiceResponse> {
    const organizationId = await this.organizationOf(draft);
    const dropped = await this.reader.get(organizationId, draft);
    await this.billing.execute(organizationId, command);
    return dropped;
  }

  async recordPayment(
    invoice: string,
    { amount, paidAt, reference, reason }: RecordPaymentDto,
    request: OperatorRequest,
  ): Promise<InvoiceResponse> {
    const late = checkTime(paidAt, 'paidAt', this.clock.now(), this.settings);
    if (late) throw invalidInput([late]);
    const organizationId = await this.organizationOf(invoice);
    // (all that is due cannot be paid twice)
    const isPart = amount != null && amount < (await this.reader.get(organizationId, invoice)).due;
    if (isPart) assertIdempotent(request, 'A payment of a part');
    const requestId = request.idempotencyKeys?.[0];
    return this.execute(invoice, {
      type: 'RecordPayment',
      invoice,
      ...(requestId !== undefined && { requestId }),
      ...(amount != null && { amount }),
      ...(paidAt != null && { paidAt: toInstant(paidAt) }),
      ...(reference != null && { reference }),
      reason,
      actor: request.actor,
    });
  }

  async credit(
    invoice: string,
    { amount, reason }: CreditNoteDto,
    request: OperatorRequest,
  ): Promise<CreditNoteResponse> {
    const requestId = assertIdempotent(request, 'A credit note');
    const organizationId = await this.organizationOf(invoice);
    const { answer } = await this.billing.execute<'credited'>(organizationId, {
      type: 'IssueCreditNote',
      invoice,
      amount,
      reason,
      requestId,
      actor: request.actor,
    });
    return this.reader.creditNote(organizationId, answer.number);
  }

  async sellTopUp(
    organizationId: string,
    { topUp, reason }: SellTopUpDto,
    request: OperatorRequest,
  ): Promise<InvoiceResponse> {
    const requestId = request.idempotencyKeys?.[0];
    await this.billing.open(organizationId);
    const prefix = await this.prefixes.of(organizationId);
    const { answer } = await this.billing.execute<'invoiced'>(organizationId, {
      type: 'SellTopUp',
      topUp,
      reason,
      prefix,
      ...(requestId !== undefined && { requestId }),
      actor: request.actor,
    });
    return this.reader.get(organizationId, answer.invoiceId);
  }

  private async organizationOf(invoice: string): Promise<string> {
    const organizationId = await this.prefixes.organizationOf(invoice);
    if (organizationId === undefined || !(await this.billing.isOpen(organizationId))) throw notFound('invoice');
    return organizationId;
  }
}

/** Returns the id of the request, by which its repetition is recognized. */
function assertIdempotent({ idempotencyKeys }: OperatorRequest, what: string): string {
  const [requestId] = idempotencyKeys ?? [];
  if (requestId !== undefined) return requestId;
  const detail = `${what} needs an Idempotency-Key: with it the same request can be sent again and counts once.`;
  throw new Problem(422, 'idempotency_required', detail);
}
