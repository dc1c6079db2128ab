import { Injectable } from '@nestjs/common';
import type { Seller } from '@tallystick/domain/catalog';
import { RecordStore } from '@tallystick/eventing';
import { RecordCollection } from '@tallystick/hosting';
import { SystemClock } from '@tallystick/runtime';
import { COLLECTIONS } from '../collections';
import type { BuyerDetails } from './billing-details-records';
import { newSalt, saltedHash } from './salted-hash';

/** Seller and buyer of an invoice, as they were at its finalization. */
export interface InvoiceParties {
  readonly seller: Seller;
  readonly buyer: BuyerDetails;
}

interface InvoicePartiesRecord extends InvoiceParties {
  readonly salt: string;
}

/** The parties by the id of their invoice. They never follow later changes. */
@Injectable()
export class InvoicePartiesRecords {
  private readonly records: RecordCollection<InvoicePartiesRecord>;

  constructor(store: RecordStore, clock: SystemClock) {
    this.records = new RecordCollection(store, COLLECTIONS['invoice-parties'], clock);
  }

  /** Stores the parties unless the invoice has some, and returns the hash of those that it has. */
  async keep(invoiceId: string, parties: InvoiceParties): Promise<string> {
    const salt = newSalt();
    await this.records.putNew(invoiceId, { ...parties, salt });
    const { salt: kept, seller, buyer } = (await this.records.find(invoiceId))!;
    return saltedHash(kept, { seller, buyer });
  }

  /** Undefined for an invoice without parties, or with parties that were erased. */
  find(invoiceId: string): Promise<InvoiceParties | undefined> {
    return this.records.find(invoiceId);
  }
}
