import { Account } from './support/account';
import { useStories, type BillingSandbox } from './support/sandbox';

const story = useStories({ catalog: 'iteration-layer', from: '2026-04-11T09:00' });
const END = '2026-05-11T09:00:00.000Z';
const review = (account: Account, on: boolean) =>
  account.sandbox.ok('PUT', `/v1/ops/organizations/${account.id}/review`, { on });
const drafts = async (account: Account) => (await account.get('/invoices?status=draft')).data;
const act = (sandbox: BillingSandbox, id: string, action: string) =>
  sandbox.call('POST', `/v1/ops/drafts/${id}/${action}`, { reason: 'checked' });

story('an invoice that is reviewed has no number and changes nothing until it is released', async ({ at, sandbox }) => {
  const account = await Account.open(sandbox);
  await review(account, true);
  const order = await account.ok('POST', '/subscription', { plan: 'developer' });
  expect(order).toMatchObject({ invoice: null, due: { amount: 2999 } });
  await sandbox.settle();
  expect(await drafts(account)).toMatchObject([{ id: order.invoiceId, number: null, status: 'draft', gross: 2999 }]);
  expect((await account.get('/payments')).data).toEqual([]);
  expect(await account.get('/subscription')).toMatchObject({ status: 'none' });
  await at('2026-04-12T09:00');
  expect(await act(sandbox, order.invoiceId, 'release')).toMatchObject({
    status: 200,
    body: { number: expect.any(String) },
  });
  await sandbox.settle();
  expect(await account.get('/subscription')).toMatchObject({ status: 'active', anchor: '2026-04-12T09:00:00.000Z' });
  expect(await account.invoices()).toMatchObject([{ status: 'paid', issuedAt: '2026-04-12T09:00:00.000Z' }]);
  await account.ok('DELETE', '/subscription?when=now');
});

story('b44: numbers follow each other over a void invoice and a dropped draft', async ({ at, sandbox }) => {
  const account = await Account.subscriber(sandbox, 'developer');
  await account.script({ next: ['declined'] });
  await account.change('startup');
  await review(account, true);
  await account.change('startup');
  const [draft] = await drafts(account);
  expect(draft).toMatchObject({ number: null });
  expect((await act(sandbox, draft.id, 'drop')).status).toBeLessThan(300);
  await review(account, false);
  await account.change('startup');
  await at(END);
  const invoices = await account.invoices();
  const prefix = invoices[0].number.replace(/-\d+$/, '');
  expect(prefix).toMatch(/^TEST-[A-Z0-9]+$/);
  expect(invoices.map(({ number, status }) => `${number} ${status}`)).toEqual([
    `${prefix}-000001 paid`,
    `${prefix}-000002 void`,
    `${prefix}-000003 paid`,
    `${prefix}-000004 paid`,
  ]);
  const note = await sandbox.ok(
    'POST',
    `/v1/ops/invoices/${invoices[3].number}/credit-notes`,
    { amount: 100, reason: 'goodwill' },
    { 'idempotency-key': 'note' },
  );
  expect(note.number).toBe(`${prefix}-CN-000001`);
  const other = await Account.subscriber(sandbox, 'developer');
  expect((await other.invoices())[0].number).not.toContain(prefix);
});
