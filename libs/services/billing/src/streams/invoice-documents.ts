import { Injectable } from '@nestjs/common';
import type { InvoiceAnswer, InvoiceCommand, InvoiceDocument } from '@tallystick/domain/billing';
import { CommandService, Projections, VerificationService } from '@tallystick/hosting';

/** The streams of invoices: one per document. */
@Injectable()
export class InvoiceDocuments {
  constructor(
    readonly commands: CommandService<InvoiceDocument, InvoiceCommand, InvoiceAnswer>,
    readonly projections: Projections,
    readonly verifications: VerificationService,
  ) {}

  execute(invoiceId: string, command: InvoiceCommand) {
    return this.commands.execute(invoiceId, command);
  }

  /** The document at the end of its stream; the query must neither keep nor change it. */
  read<T>(invoiceId: string, query: (document: InvoiceDocument) => T) {
    return this.commands.read(invoiceId, query);
  }
}
