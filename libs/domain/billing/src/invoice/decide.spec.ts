import { decideInvoice, evolveInvoice, initialDocument, type InvoiceCommand } from '..';
import { subscriber } from '../../support/steps';

const now = '2026-04-11T09:00:00.000Z';
const { partiesHash: _hash, ...invoice } = subscriber('developer').documents.get('org.1')!.invoice!;
const payment = { paymentId: 'p-1', amount: 1000, provider: 'manual', paidAt: now } as const;
const creditNote = {
  creditNoteId: 'c-1',
  number: 'ABC-CN-000001',
  net: 10,
  tax: 0,
  gross: 10,
  issuedAt: now,
  reason: 'r',
};
const finalize: InvoiceCommand = { type: 'FinalizeInvoice', invoice, partiesHash: 'h', now };
const pay: InvoiceCommand = { type: 'NotePayment', payment, now };
const credit: InvoiceCommand = { type: 'NoteCreditNote', creditNote, now };
const void_: InvoiceCommand = { type: 'NoteStatus', status: 'void', now };

function run(...commands: readonly InvoiceCommand[]) {
  let document = initialDocument();
  return commands.map((command) => {
    const { events, answer } = decideInvoice(command, document);
    for (const event of events) document = evolveInvoice(document, event);
    return answer.kind === 'refused' ? answer.refusal.code : 'repeated' in answer ? 'repeated' : 'done';
  });
}

test.each<[string, readonly InvoiceCommand[], readonly string[]]>([
  ['everything once', [finalize, pay, credit, void_], ['done', 'done', 'done', 'done']],
  [
    'everything twice',
    [finalize, finalize, pay, pay, credit, credit, void_, void_],
    ['done', 'repeated', 'done', 'repeated', 'done', 'repeated', 'done', 'repeated'],
  ],
  [
    'parties that were corrected in between',
    [finalize, { ...finalize, partiesHash: 'other' } as InvoiceCommand],
    ['done', 'repeated'],
  ],
  [
    'another order of members',
    [finalize, { ...finalize, invoice: Object.fromEntries(Object.entries(invoice).reverse()) } as never],
    ['done', 'repeated'],
  ],
  [
    'another invoice',
    [finalize, { ...finalize, invoice: { ...invoice, gross: 1 } } as InvoiceCommand],
    ['done', 'invoice_conflict'],
  ],
  [
    'another payment with the id',
    [finalize, pay, { ...pay, payment: { ...payment, amount: 1 } } as InvoiceCommand],
    ['done', 'done', 'invoice_conflict'],
  ],
  [
    'another note with the id',
    [finalize, credit, { ...credit, creditNote: { ...creditNote, net: 9 } } as InvoiceCommand],
    ['done', 'done', 'invoice_conflict'],
  ],
  ['a payment before the invoice', [pay], ['unknown_invoice']],
])('%s', (_, commands, answers) => expect(run(...commands)).toEqual(answers));

test('a stream of another program is refused', () => {
  const { answer } = decideInvoice(finalize, { ...initialDocument(), taken: true });
  expect(answer).toMatchObject({ refusal: { code: 'stream_taken' } });
});

test('time never runs backwards', () => {
  const document = evolveInvoice(initialDocument(), decideInvoice(finalize, initialDocument()).events[0]!);
  const earlier = '2026-04-10T09:00:00.000Z';
  expect(decideInvoice({ ...pay, now: earlier }, document).events[0]?.metadata).toMatchObject({
    ...{ recordedAt: now, occurredAt: earlier },
  });
});
