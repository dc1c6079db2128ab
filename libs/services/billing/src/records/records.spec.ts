import type { Seller } from '@tallystick/domain/catalog';
import { InMemoryRecordStore } from '@tallystick/eventing-testing';
import { systemClock } from '@tallystick/runtime';
import { BillingDetailsRecords } from './billing-details-records';
import { InvoicePartiesRecords } from './invoice-parties';
import { InvoicePrefixes } from './invoice-prefixes';

const seller: Seller = { name: 'Example GmbH', address: 'Example street 1', country: 'DE' };

describe('billing details', () => {
  test('are found by their hash, which differs for the same details', async () => {
    const records = new BillingDetailsRecords(new InMemoryRecordStore(), systemClock);
    const details = { name: 'Acme', country: 'FR', vatId: 'FR12345678901' };
    const [hash, other] = [await records.add('acme', details), await records.add('borealis', details)];
    expect(await records.get(hash)).toEqual(details);
    expect(other).not.toBe(hash);
    await records.remove(hash);
    expect([await records.get(hash), await records.get(other)]).toEqual([undefined, details]);
  });
});

describe('the parties of an invoice', () => {
  test('stay as they were first stored, and their hash with them', async () => {
    const records = new InvoicePartiesRecords(new InMemoryRecordStore(), systemClock);
    const hash = await records.keep('acme.1', { seller, buyer: { name: 'Acme' } });
    expect(await records.keep('acme.1', { seller, buyer: { name: 'Acme, moved' } })).toBe(hash);
    expect(await records.find('acme.1')).toMatchObject({ seller, buyer: { name: 'Acme' } });
    expect(await records.keep('acme.2', { seller, buyer: { name: 'Acme' } })).not.toBe(hash);
  });
});

describe('prefixes of invoice numbers', () => {
  test('an organization keeps its prefix, and no other one gets it', async () => {
    const store = new InMemoryRecordStore();
    const prefixes = new InvoicePrefixes(store, systemClock);
    const prefix = await prefixes.of('acme', undefined);
    expect(prefix).toMatch(/^[A-Z2-9]{6}$/);
    expect(await new InvoicePrefixes(store, systemClock).of('acme', 'X')).toBe(prefix);
    expect(await prefixes.reserve('borealis', prefix)).toBe(false);
    expect(await prefixes.of('borealis', undefined)).not.toBe(prefix);
    expect(await prefixes.holderOf(prefix)).toBe('acme');
  });

  test('two requests at once get one prefix', async () => {
    const prefixes = new InvoicePrefixes(new InMemoryRecordStore(), systemClock);
    const drawn = await Promise.all(Array.from({ length: 5 }, () => prefixes.of('acme', undefined)));
    expect(new Set(drawn).size).toBe(1);
  });

  test('the catalog gives their start', async () => {
    const prefixes = new InvoicePrefixes(new InMemoryRecordStore(), systemClock);
    expect(await prefixes.of('acme', 'MILL')).toMatch(/^MILL-[A-Z2-9]{6}$/);
  });
});
