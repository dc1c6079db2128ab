import type { SoldGrant } from '@tallystick/contracts/ledger';
import type { BillingEvent, InvoiceLine } from '@tallystick/domain/billing';
import { crossCheck, SalesOfStream } from './expected-grants';

const line = (credits?: number): InvoiceLine => ({
  kind: 'plan',
  description: 'Developer',
  quantity: 1,
  unitPrice: '29.99',
  amount: 2_999,
  ...(credits !== undefined && { credits }),
});
const event = (type: string, data: object): BillingEvent => ({ type, data, metadata: {} }) as unknown as BillingEvent;
const drafted = (invoiceId: string, ...lines: readonly InvoiceLine[]) =>
  event('InvoiceDrafted', { invoiceId, cause: 'renewal', lines });
const numbered = (invoiceId: string, gross: number) => event('InvoiceNumbered', { invoiceId, gross });
const paid = (invoiceId: string, amount: number) => event('PaymentReceived', { invoiceId, amount });
const credited = (invoiceId: string, gross: number) => event('CreditNoteNumbered', { invoiceId, gross });
const ended = () => event('SubscriptionEnded', {});
const carried = (invoiceId: string) => event('LinesCarried', { invoiceId, lines: [] });

const expectedOf = (...events: readonly BillingEvent[]) => {
  const sales = new SalesOfStream();
  events.forEach((one) => sales.take(one));
  return sales.expectedGrants();
};
const grant = (grantId: string, credits: number): SoldGrant => ({ grantId, kind: 'package', credits, revision: 0 });

test.each<[string, readonly BillingEvent[], readonly string[]]>([
  ['a paid invoice', [drafted('a.1', line(1_000)), numbered('a.1', 2_999), paid('a.1', 2_999)], ['invoice:a.1:0']],
  ['an open invoice', [drafted('a.1', line(1_000)), numbered('a.1', 2_999)], []],
  ['a part of the money', [drafted('a.1', line(1_000)), numbered('a.1', 2_999), paid('a.1', 2_998)], []],
  [
    'two parts of the money',
    [drafted('a.1', line(1_000)), numbered('a.1', 2_999), paid('a.1', 1_000), paid('a.1', 1_999)],
    ['invoice:a.1:0'],
  ],
  [
    'a part paid, the rest credited',
    [drafted('a.1', line(1_000)), numbered('a.1', 2_999), paid('a.1', 2_000), credited('a.1', 999)],
    ['invoice:a.1:0'],
  ],
  [
    'credited in full without a payment',
    [drafted('a.1', line(1_000)), numbered('a.1', 2_999), credited('a.1', 2_999)],
    [],
  ],
  [
    'a part of the money before all is credited',
    [drafted('a.1', line(1_000)), numbered('a.1', 2_999), paid('a.1', 1_000), credited('a.1', 2_999)],
    [],
  ],
  [
    'paid, then credited in full',
    [drafted('a.1', line(1_000)), numbered('a.1', 2_999), paid('a.1', 2_999), credited('a.1', 2_999)],
    ['invoice:a.1:0'],
  ],
  [
    'what is left after the end of the subscription',
    [drafted('a.1', line(1_000)), numbered('a.1', 3_037), ended(), credited('a.1', 2_999), paid('a.1', 38)],
    [],
  ],
  ['the second line of an upgrade', [drafted('a.2', line(), line(2_000)), carried('a.2')], ['invoice:a.2:1']],
  ['a plan without credits', [drafted('a.1', line(0)), numbered('a.1', 2_999), paid('a.1', 2_999)], []],
])('%s', (_, events, grants) => {
  expect(expectedOf(...events).map(({ grantId }) => grantId)).toEqual(grants);
});

const EXPECTED = [{ grantId: 'invoice:a.1:0', credits: 1_000 }];

test.each<[string, readonly SoldGrant[], readonly RegExp[]]>([
  ['each paid line has its grant', [grant('invoice:a.1:0', 1_000)], []],
  ['a paid line has no grant', [], [/1000 credits were paid and not granted: there is no grant invoice:a\.1:0/]],
  ['a grant has other credits', [grant('invoice:a.1:0', 999)], [/has 999 credits, and 1000 were paid/]],
  [
    'a grant has no paid line',
    [grant('invoice:a.1:0', 1_000), grant('invoice:a.2:0', 5)],
    [/the grant invoice:a\.2:0 of 5 credits has no paid line/],
  ],
  ['a grant was made twice', [grant('invoice:a.1:0', 1_000), grant('invoice:a.1:0', 1_000)], [/was made twice/]],
])('%s', (_, grants, wrong) => {
  const found = crossCheck(EXPECTED, grants);
  expect(found).toHaveLength(wrong.length);
  wrong.forEach((pattern, index) => expect(found[index]).toMatch(pattern));
});
