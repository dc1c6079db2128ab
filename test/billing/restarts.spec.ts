import { removeDirectories } from '../support/server';
import { Account } from './support/account';
import { ownCatalog, SELLER } from './support/catalogs';
import { BillingSandbox, stopVerified } from './support/sandbox';

// Starts with another catalog: a subscription keeps its price and an invoice its seller.

jest.setTimeout(120_000);
const sandboxes: BillingSandbox[] = [];
const started = async (catalog: string, from: string): Promise<BillingSandbox> => {
  const sandbox = new BillingSandbox({ catalog, from });
  await sandbox.start();
  sandboxes.push(sandbox);
  return sandbox;
};
afterAll(async () => {
  for (const sandbox of sandboxes) await stopVerified(sandbox);
  removeDirectories();
});

const restart = async (sandbox: BillingSandbox, catalog: string) => {
  expect(await sandbox.process.stop()).toBe(0);
  await sandbox.start(catalog);
};
const grossOf = async (account: Account) => (await account.invoices()).map(({ gross }) => gross);

test('b08: a subscriber pays a new price from the first renewal after it took effect', async () => {
  const sandbox = await started('iteration-layer', '2026-03-29T09:00');
  const early = await Account.subscriber(sandbox, 'developer');
  await sandbox.advance('2026-04-28T09:00');
  const account = await Account.subscriber(sandbox, 'developer');
  const raised = ownCatalog('iteration-layer', ({ plans }) => ({
    version: '2026-05-01',
    effectiveAt: '2026-05-01T00:00:00Z',
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a plan as YAML reads it
    plans: plans.map((plan: any) => (plan.id === 'developer' ? { ...plan, prices: { USD: '34.99' } } : plan)),
  }));
  await sandbox.advance('2026-04-30T12:00');
  await restart(sandbox, raised);
  expect(await early.get('/subscription')).toMatchObject({ price: { amount: 2999 } });
  await sandbox.advance('2026-05-13T09:00');
  // Half of a period of 30 days is left: the old plan is taken back at the price at which it was sold.
  const { lines } = await account.ok('POST', '/subscription/changes', { plan: 'startup' });
  expect(lines.map(({ amount }: { amount: number }) => amount)).toEqual([-1500, 6000]);
  await sandbox.advance('2026-05-28T09:00');
  expect(await grossOf(account)).toEqual([2999, 3499]);
  expect(await account.get('/subscription')).toMatchObject({
    price: { amount: 3499 },
    catalogVersion: 'iteration-layer@2026-05-01',
  });
});

test('b43: without a seller the start goes on with a warning, and every sale is refused', async () => {
  const withoutSeller = ownCatalog('iteration-layer', () => ({ seller: undefined }));
  const sandbox = await started(withoutSeller, '2026-04-11T09:00');
  expect(sandbox.process.out + sandbox.process.err).toMatch(/"level":40.*seller|warn.*seller/i);
  const account = await Account.open(sandbox);
  expect(await account.call('POST', '/subscription', { plan: 'developer' })).toMatchObject({
    status: 409,
    body: { code: 'no_seller', detail: expect.stringContaining('seller') },
  });
  await account.payByTransfer();
  expect(await account.call('POST', '/subscription', { plan: 'developer' })).toMatchObject({
    status: 409,
    body: { code: 'no_seller' },
  });
  expect((await account.get('/invoices')).data).toEqual([]);
  await restart(
    sandbox,
    ownCatalog('iteration-layer', () => ({ version: 'two', effectiveAt: '2026-04-01T00:00:00Z', seller: SELLER })),
  );
  await account.ok('POST', '/subscription', { plan: 'developer' });
  expect(await account.get('/subscription')).toMatchObject({ pending: { due: { amount: 2999 } } });
});

test('b42: an invoice keeps the seller of its day, and its credit note too', async () => {
  const seller = (more: object) =>
    ownCatalog('iteration-layer', () => ({
      version: `version-${JSON.stringify(more).length}`,
      effectiveAt: '2026-04-01T00:00:00Z',
      seller: { ...SELLER, ...more },
    }));
  const sandbox = await started(seller({}), '2026-04-11T09:00');
  const account = await Account.subscriber(sandbox, 'developer');
  const [invoice] = await account.invoices();
  expect(invoice.seller).toMatchObject({ name: SELLER.name, address: SELLER.address });
  await restart(sandbox, seller({ address: 'Moved Street 9\n20095 Example' }));
  const [again] = await account.invoices();
  expect(again).toEqual({ ...invoice, revision: expect.any(Number) });
  const note = await sandbox.ok(
    'POST',
    `/v1/ops/invoices/${invoice.number}/credit-notes`,
    { amount: 100, reason: 'goodwill' },
    { 'idempotency-key': 'note' },
  );
  expect((await account.get(`/credit-notes/${note.number}`)).seller).toEqual(invoice.seller);
  await sandbox.advance('2026-05-11T09:00');
  expect((await account.invoices())[1].seller).toMatchObject({ address: 'Moved Street 9\n20095 Example' });
});
