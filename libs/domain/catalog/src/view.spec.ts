import { SAMPLE, sample } from '../support/sample';
import { catalogView } from './index';

const catalog = sample();

describe('the view of a catalog', () => {
  const view = JSON.parse(JSON.stringify(catalogView(catalog)));

  test('has each operation with what it takes', () => {
    const extras = { id: 'extras', credits: 1, features: expect.any(Array) };
    const express = { id: 'express', credits: 10, features: ['express'] };
    const common = { reservationTimeoutSeconds: 3600 };
    expect(view.operations).toEqual([
      {
        id: 'scan',
        name: 'scan',
        unit: 'page',
        credits: 3,
        maxFiles: 3,
        features: expect.arrayContaining(['f0', 'f59', 'express']),
        surcharges: [extras, express],
        ...common,
      },
      { id: 'read', name: 'read', unit: 'file', credits: 5, maxFiles: 1000, ...common },
      {
        id: 'draw',
        name: 'Drawing',
        unit: 'request',
        credits: 2,
        features: ['express'],
        surcharges: [express],
        ...common,
      },
    ]);
  });

  test('has plans without what is unlimited, prices by currency, and unit prices as text', () => {
    const usd = (amount: number) => ({ currency: 'USD', amount, taxIncluded: false });
    expect(view.plans.slice(1, 3)).toEqual([
      {
        id: 'small',
        name: 'small',
        credits: 100,
        period: { unit: 'month', length: 1 },
        prices: [usd(999), { currency: 'JPY', amount: 1500, taxIncluded: true }],
        limits: { storage: 2, requests: 20, seats: 1 },
      },
      {
        id: 'large',
        name: 'Large',
        credits: 100,
        period: { unit: 'month', length: 1 },
        prices: [usd(2990)],
        limits: { requests: 20, seats: 2 },
      },
    ]);
    expect(view.plans[3].period).toEqual({ unit: 'day', length: 7 });
    expect(view.topUps).toEqual([
      {
        id: 'pack',
        name: 'pack',
        credits: 100,
        prices: [usd(1200), { currency: 'KWD', amount: 1005, taxIncluded: true }],
      },
    ]);
    expect(view.overage).toEqual({
      payAsYouGo: true,
      autoOverage: true,
      limitPerPeriod: { start: 100, raisePercent: 20, max: 1000 },
      tiers: [
        {
          currency: 'USD',
          tiers: [{ upTo: 100, unitPrice: '0.0330' }, { upTo: 200, unitPrice: '0.0300' }, { unitPrice: '0.0250' }],
        },
      ],
    });
  });

  test('has everything else as it was read', () => {
    const { operations: _operations, plans: _plans, topUps: _topUps, overage: _overage, ...rest } = view;
    expect(rest).toEqual({
      id: 'sample',
      version: '1',
      reference: 'sample@1',
      effectiveAt: '2026-01-01T00:00:00.000Z',
      fileTypes: [
        { id: 'pdf', pages: 'given', aliases: ['application/pdf'] },
        { id: 'sheet', pages: 2, aliases: [] },
      ],
      maxCreditsPerJob: 1000,
      maxPagesPerJob: 1_000_000,
      reservationTimeoutSeconds: 3600,
      burnDownOrder: ['trial', 'package', 'top-up', 'promotional', 'pay-as-you-go'],
      trials: [
        { on: 'first-use', operation: 'scan', credits: 10, expiresOnPlan: true },
        { on: 'first-card', credits: 20, expiresOnPlan: false, oncePerCard: true },
      ],
      currencies: [
        { code: 'USD', digits: 2, taxIncluded: false },
        { code: 'JPY', digits: 0, taxIncluded: true },
        { code: 'KWD', digits: 3, taxIncluded: true },
      ],
      defaultPlan: 'free',
      limits: [
        { id: 'storage', scope: 'organization', kind: 'gauge', unit: 'GB', bytesPerUnit: 1024 },
        { id: 'requests', scope: 'organization', kind: 'counter', per: 'period', counts: 'reservations' },
        { id: 'seats', scope: 'project', kind: 'gauge', blocksJobs: true },
      ],
      moneyBackDays: 14,
      upgrade: 'prorate',
      dunning: { retryAfterDays: [1, 3] },
      tax: { rates: {} },
      minimumCharge: [
        { currency: 'USD', amount: 50 },
        { currency: 'JPY', amount: 50 },
        { currency: 'KWD', amount: 500 },
      ],
      links: { billingUrl: 'https://billing.example/' },
      defaults: { retentionDays: 7, alertThresholds: [10, 5], currency: 'USD', budgetCap: 1000 },
    });
  });

  test('has what buyers need of the rules of selling, and none of the internal ones', () => {
    const rules = `seller: { name: Sample, address: "1 Street", country: DE, vatId: DE1 }
tax: { seller: DE, rates: { DE: "19", FR: "20.0" } }
minimumCharge: { JPY: "100" }
upgrade: full
reverseCharge: net
invoicePrefix: SA
renewalGraceHours: 12
afterDunning: continue
dunning:`;
    const selling = catalogView(
      sample(['dunning:', rules], ['{ days: 7 }', '{ days: 7 }, term: { days: 7, from: payment }']),
    );
    expect(selling).toMatchObject({
      seller: { name: 'Sample', address: '1 Street', country: 'DE', vatId: 'DE1' },
      tax: { seller: 'DE', rates: { DE: '19', FR: '20.0' } },
      upgrade: 'full',
    });
    expect(selling.minimumCharge).toContainEqual({ currency: 'JPY', amount: 100 });
    expect(selling.plans.map(({ term }) => term)).toEqual([
      undefined,
      undefined,
      undefined,
      { days: 7, from: 'payment' },
    ]);
    for (const internal of ['reverseCharge', 'invoicePrefix', 'renewalGraceHours', 'afterDunning'])
      expect(JSON.stringify(selling)).not.toContain(internal);
  });

  test('leaves out what the catalog does not have, and has unit prices of one credit and more', () => {
    const bare = catalogView(
      sample(
        ['defaultPlan: free\n', 'defaultOperation: scan\n'],
        [SAMPLE.slice(SAMPLE.indexOf('limits:'), SAMPLE.indexOf('defaultPlan')), ''],
        [SAMPLE.slice(SAMPLE.indexOf('overage:'), SAMPLE.indexOf('dunning')), ''],
      ),
    );
    expect(Object.keys(bare)).not.toEqual(expect.arrayContaining(['overage']));
    expect(Object.keys(bare)).not.toEqual(expect.arrayContaining(['defaultPlan']));
    expect(bare).toMatchObject({ defaultOperation: 'scan', plans: [], limits: [] });
    const prices = catalogView(sample(['"0.0330"', '"12.5"'], ['"0.03"', '"1"'], ['"0.025"', '"0.000001"'])).overage;
    expect(prices!.tiers[0]!.tiers.map(({ unitPrice }) => unitPrice)).toEqual(['12.5000', '1.0000', '0.000001']);
  });
});
