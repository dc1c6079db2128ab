import { randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { RecordStore } from '@tallystick/eventing';
import { RecordCollection } from '@tallystick/hosting';
import { SystemClock } from '@tallystick/runtime';
import { COLLECTIONS } from '../collections';

/** Without letters and digits that look alike. */
const ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789';
const LENGTH = 6;

/** The prefixes of invoice numbers. Each belongs to one organization. */
@Injectable()
export class InvoicePrefixes {
  private readonly holders: RecordCollection<string>;
  private readonly prefixes: RecordCollection<string>;

  constructor(store: RecordStore, clock: SystemClock) {
    this.holders = new RecordCollection(store, COLLECTIONS['prefix-holders'], clock);
    this.prefixes = new RecordCollection(store, COLLECTIONS.prefixes, clock);
  }

  /** The prefix of the organization. The first call draws one. */
  async of(organizationId: string, start: string | undefined): Promise<string> {
    for (;;) {
      const known = await this.prefixes.find(organizationId);
      if (known !== undefined) return known;
      await this.reserve(organizationId, `${start === undefined ? '' : `${start}-`}${draw()}`);
    }
  }

  /** Stores a prefix that the stream of the organization has. False if another organization has it, or this one another. */
  reserve(organizationId: string, prefix: string): Promise<boolean> {
    return this.prefixes.replace([
      this.prefixes.change(undefined, { key: organizationId, value: prefix }),
      this.holders.change(undefined, { key: prefix, value: organizationId }),
    ]);
  }

  async holderOf(prefix: string): Promise<string | undefined> {
    return this.holders.find(prefix);
  }
}

const draw = (): string => Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
