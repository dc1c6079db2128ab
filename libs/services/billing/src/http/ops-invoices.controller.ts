import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  CreditNoteDto,
  InvoiceReasonDto,
  RecordPaymentDto,
  type CreditNoteResponse,
  type InvoiceResponse,
} from '@tallystick/contracts/billing';
import { Allow, CurrentCaller, IdempotencyKeys, type Caller } from '@tallystick/contracts/http';
import { InvoiceOperations } from '../invoice-operations';

/** Steps of operators on invoices and drafts, by number or id. */
@ApiTags('billing operations')
@Allow('operator')
@Controller('v1/ops')
export class BillingInvoicesController {
  constructor(private readonly operations: InvoiceOperations) {}

  @Post('invoices/:invoice/payments')
  @ApiOperation({ summary: 'Record a payment, by default of all that is due. A part of it needs an Idempotency-Key' })
  pay(
    @CurrentCaller() caller: Caller,
    @Param('invoice') invoice: string,
    @Body() body: RecordPaymentDto,
    @IdempotencyKeys() idempotencyKeys: readonly string[] | undefined,
  ): Promise<InvoiceResponse> {
    return this.operations.recordPayment(invoice, body, { actor: caller.keyId, idempotencyKeys });
  }

  @Post('invoices/:invoice/void')
  @HttpCode(200)
  @ApiOperation({ summary: 'Void an invoice of which nothing is paid. It keeps its number' })
  void(
    @CurrentCaller() caller: Caller,
    @Param('invoice') invoice: string,
    @Body() { reason }: InvoiceReasonDto,
  ): Promise<InvoiceResponse> {
    return this.operations.execute(invoice, { type: 'VoidInvoice', invoice, reason, actor: caller.keyId });
  }

  @Post('invoices/:invoice/write-off')
  @HttpCode(200)
  @ApiOperation({ summary: 'Write an uncollectible invoice off: nothing of it is due any more' })
  writeOff(
    @CurrentCaller() caller: Caller,
    @Param('invoice') invoice: string,
    @Body() { reason }: InvoiceReasonDto,
  ): Promise<InvoiceResponse> {
    return this.operations.execute(invoice, { type: 'WriteOffInvoice', invoice, reason, actor: caller.keyId });
  }

  @Post('invoices/:invoice/credit-notes')
  @ApiOperation({ summary: 'Credit a part of an invoice, or all of it. It needs an Idempotency-Key' })
  credit(
    @CurrentCaller() caller: Caller,
    @Param('invoice') invoice: string,
    @Body() body: CreditNoteDto,
    @IdempotencyKeys() idempotencyKeys: readonly string[] | undefined,
  ): Promise<CreditNoteResponse> {
    return this.operations.credit(invoice, body, { actor: caller.keyId, idempotencyKeys });
  }

  @Post('drafts/:draft/release')
  @HttpCode(200)
  @ApiOperation({ summary: 'Make the invoice of a draft that waits for review' })
  release(
    @CurrentCaller() caller: Caller,
    @Param('draft') invoiceId: string,
    @Body() _body: InvoiceReasonDto,
  ): Promise<InvoiceResponse> {
    return this.operations.execute(invoiceId, { type: 'ReleaseDraft', invoiceId, actor: caller.keyId });
  }

  @Post('drafts/:draft/drop')
  @HttpCode(200)
  @ApiOperation({ summary: 'Drop a draft that waits for review. It uses up no number; the answer is the draft' })
  drop(
    @CurrentCaller() caller: Caller,
    @Param('draft') invoiceId: string,
    @Body() { reason }: InvoiceReasonDto,
  ): Promise<InvoiceResponse> {
    return this.operations.drop(invoiceId, { type: 'DropDraft', invoiceId, reason, actor: caller.keyId });
  }
}
