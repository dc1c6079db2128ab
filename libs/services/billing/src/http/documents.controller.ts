import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  BillingListQueryDto,
  BillingQueryDto,
  InvoicesQueryDto,
  type CreditNoteItem,
  type CreditNoteResponse,
  type InvoiceItem,
  type InvoiceResponse,
  type PaymentItem,
} from '@tallystick/contracts/billing';
import { Allow, OrganizationParam, type Page } from '@tallystick/contracts/http';
import { InvoicesReader } from '../invoices-reader';
import { PaymentsReader } from '../payments-reader';

/** Invoices, credit notes and payments of an organization. */
@ApiTags('billing')
@Allow('operator', 'organization')
@Controller('v1/organizations/:organization')
export class DocumentsController {
  constructor(
    private readonly invoices: InvoicesReader,
    private readonly payments: PaymentsReader,
  ) {}

  @Get('invoices')
  @ApiOperation({ summary: 'InvoiceDocuments and drafts, newest first' })
  list(@OrganizationParam() id: string, @Query() query: InvoicesQueryDto): Promise<Page<InvoiceItem>> {
    return this.invoices.page(id, query);
  }

  @Get('invoices/:invoice')
  @ApiOperation({ summary: 'An invoice by its number, or by the id of its draft' })
  get(
    @OrganizationParam() id: string,
    @Param('invoice') invoice: string,
    @Query() query: BillingQueryDto,
  ): Promise<InvoiceResponse> {
    return this.invoices.get(id, invoice, query.atLeastRevision);
  }

  @Get('credit-notes')
  @ApiOperation({ summary: 'Credit notes, newest first' })
  creditNotes(@OrganizationParam() id: string, @Query() query: BillingListQueryDto): Promise<Page<CreditNoteItem>> {
    return this.invoices.creditNotes(id, query);
  }

  @Get('credit-notes/:number')
  @ApiOperation({ summary: 'A credit note, with the parties of its invoice' })
  creditNote(@OrganizationParam() id: string, @Param('number') number: string): Promise<CreditNoteResponse> {
    return this.invoices.creditNote(id, number);
  }

  @Get('payments')
  @ApiOperation({ summary: 'Money received, and charges with their outcome, newest first' })
  listPayments(@OrganizationParam() id: string, @Query() query: BillingListQueryDto): Promise<Page<PaymentItem>> {
    return this.payments.page(id, query);
  }
}
