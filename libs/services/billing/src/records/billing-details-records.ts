import { Injectable } from '@nestjs/common';
import { RecordStore } from '@tallystick/eventing';
import { RecordCollection } from '@tallystick/hosting';
import { SystemClock } from '@tallystick/runtime';
import { COLLECTIONS } from '../collections';
import { newSalt, saltedHash } from './salted-hash';

/** Name, address and tax ids of a buyer. */
export interface BuyerDetails {
  readonly name?: string;
  readonly address?: string;
  readonly country?: string;
  readonly vatId?: string;
  readonly email?: string;
}

interface BillingDetailsRecord {
  readonly organizationId: string;
  readonly salt: string;
  readonly details: BuyerDetails;
}

/**
 * Billing details by their hash, which the stream holds. A record that was erased leaves a hash that says nothing.
 */
@Injectable()
export class BillingDetailsRecords {
  private readonly records: RecordCollection<BillingDetailsRecord>;

  constructor(store: RecordStore, clock: SystemClock) {
    this.records = new RecordCollection(store, COLLECTIONS.details, clock);
  }

  /** Stores details and returns their hash. */
  async add(organizationId: string, details: BuyerDetails): Promise<string> {
    const salt = newSalt();
    const hash = saltedHash(salt, details);
    await this.records.put([{ key: hash, value: { organizationId, salt, details } }]);
    return hash;
  }

  /** Undefined for details that were never given, or were erased. */
  async get(hash: string | undefined): Promise<BuyerDetails | undefined> {
    return hash === undefined ? undefined : (await this.records.find(hash))?.details;
  }

  async remove(hash: string): Promise<void> {
    await this.records.remove([hash]);
  }
}
