import { Account, BUYER } from './support/account';
import { ownCatalog, SELLER } from './support/catalogs';
import { useStories, type BillingSandbox } from './support/sandbox';

/** Tax is included in EUR and JPY, and added in USD. */
const catalog = ownCatalog('iteration-layer', ({ plans, currencies }) => ({
  seller: SELLER,
  tax: { seller: 'DE', rates: { DE: '19', FR: '20', GB: '20', JP: '10' } },
  currencies: { ...currencies, JPY: { tax: 'included' } },
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a plan as YAML reads it
  plans: plans.map((plan: any) => ({ ...plan, prices: { ...plan.prices, JPY: `${plan.credits * 5}` } })),
}));
const story = useStories({ catalog, from: '2026-04-11T09:00' });

interface BuyerOrigin {
  readonly country?: string;
  readonly vatId?: string;
}

async function buyerFrom(sandbox: BillingSandbox, currency: string, { country, vatId }: BuyerOrigin): Promise<Account> {
  const account = await Account.open(sandbox, { currency });
  if (country !== undefined) await account.ok('PUT', '/billing-details', { ...BUYER, country, vatId });
  return account;
}

async function firstInvoice(sandbox: BillingSandbox, currency: string, buyer: BuyerOrigin) {
  const account = await buyerFrom(sandbox, currency, buyer);
  await account.buy('developer');
  const [invoice] = await account.invoices();
  return { account, invoice };
}

const creditNote = (account: Account, { number }: { number: string }, amount: number) =>
  account.sandbox.call(
    'POST',
    `/v1/ops/invoices/${number}/credit-notes`,
    { amount, reason: 'goodwill' },
    { 'idempotency-key': `${number}-${amount}-${Math.random()}` },
  );

story('b41: reverse charge for a buyer in another country of the EU with a VAT id', async ({ sandbox }) => {
  const { invoice } = await firstInvoice(sandbox, 'EUR', { country: 'FR', vatId: 'FR12345678901' });
  expect(invoice).toMatchObject({ net: 3999, tax: 0, gross: 3999, taxRate: null, reverseCharge: 'Reverse charge' });
  expect([invoice.seller.vatId, invoice.buyer.vatId]).toEqual([SELLER.vatId, 'FR12345678901']);
});

for (const [name, currency, buyer, totals] of [
  ['b41: the rate of the country without a VAT id', 'EUR', { country: 'FR' }, { net: 3332, tax: 667, gross: 3999 }],
  [
    'b41: the rate of the seller with a VAT id of its country',
    'EUR',
    { country: 'DE', vatId: 'DE987654321' },
    { net: 3361, tax: 638, gross: 3999 },
  ],
  ['a rate on top of a net price', 'USD', { country: 'GB' }, { net: 2999, tax: 600, gross: 3599 }],
  ['no tax in a country without a rate', 'USD', { country: 'CH' }, { net: 2999, tax: 0, gross: 2999 }],
  ['b45: whole units of a currency without decimals', 'JPY', { country: 'JP' }, { net: 4545, tax: 455, gross: 5000 }],
] as const)
  story(`${name}`, async ({ sandbox }) => {
    const { invoice, account } = await firstInvoice(sandbox, currency, buyer);
    expect(invoice).toMatchObject({ ...totals, paid: totals.gross, reverseCharge: null });
    expect((await account.get('/payments')).data).toMatchObject([{ amount: totals.gross, currency, status: 'paid' }]);
  });

story('b43: a price that includes tax needs the country of the buyer before the first payment', async ({ sandbox }) => {
  const account = await buyerFrom(sandbox, 'EUR', {});
  const order = () => account.call('POST', '/subscription', { plan: 'developer' });
  expect(await order()).toMatchObject({
    status: 422,
    body: { code: 'billing_details_required', errors: [{ field: 'billing.country' }] },
  });
  expect((await account.get('/invoices')).data).toEqual([]);
  await account.ok('PUT', '/billing-details', { ...BUYER, country: 'FR' });
  expect(await order()).toMatchObject({ status: 202 });
});

story('the rate is that of the country when the invoice is finalized', async ({ at, sandbox }) => {
  const { account } = await firstInvoice(sandbox, 'EUR', { country: 'FR' });
  await at('2026-05-01T00:00');
  await account.ok('PUT', '/billing-details', { ...BUYER, country: 'DE' });
  await at('2026-05-11T09:00');
  expect((await account.invoices()).map(({ tax, gross }) => [tax, gross])).toEqual([
    [667, 3999],
    [638, 3999],
  ]);
});

story('b40: the tax of credit notes in the basis of gross prices', async ({ sandbox }) => {
  const { account, invoice } = await firstInvoice(sandbox, 'EUR', { country: 'DE' });
  expect((await creditNote(account, invoice, 2599)).body).toMatchObject({ net: 2184, tax: 415, gross: 2599 });
  expect((await creditNote(account, invoice, 1401)).body).toMatchObject({ code: 'amount_too_high' });
  expect((await creditNote(account, invoice, 1400)).body).toMatchObject({ net: 1177, tax: 223, gross: 1400 });
  expect((await creditNote(account, invoice, 1)).body).toMatchObject({ code: 'amount_too_high' });
});

story('the tax of credit notes in the basis of net prices sums to that of the invoice', async ({ sandbox }) => {
  const { account, invoice } = await firstInvoice(sandbox, 'USD', { country: 'GB' });
  const notes = [];
  for (const amount of [333, 333, 2333]) notes.push((await creditNote(account, invoice, amount)).body);
  expect(notes.map(({ net, tax, gross }) => [net, tax, gross])).toEqual([
    [333, 67, 400],
    [333, 66, 399],
    [2333, 467, 2800],
  ]);
  expect((await creditNote(account, invoice, 1)).body).toMatchObject({ code: 'amount_too_high' });
  const numbers = (await account.get('/credit-notes')).data.map(({ number }: { number: string }) => number).sort();
  const prefix = invoice.number.replace(/-\d+$/, '');
  expect(numbers).toEqual([1, 2, 3].map((note) => `${prefix}-CN-00000${note}`));
});

story('b42: an invoice and its credit note keep the buyer of their day', async ({ at, sandbox }) => {
  const { account, invoice } = await firstInvoice(sandbox, 'EUR', { country: 'DE' });
  await at('2026-04-20T00:00');
  await account.ok('PUT', '/billing-details', { ...BUYER, name: 'New Name', address: 'New Street 3', country: 'FR' });
  expect(await account.get(`/invoices/${invoice.number}`)).toEqual({ ...invoice, revision: expect.any(Number) });
  const { body } = await creditNote(account, invoice, 100);
  const note = await account.get(`/credit-notes/${body.number}`);
  expect([note.buyer, note.seller]).toEqual([invoice.buyer, invoice.seller]);
  expect(note.taxRate).toBe(invoice.taxRate);
});
