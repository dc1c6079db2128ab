import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BILLING_REFUSAL_STATUS, type BillingRefusalCode } from '@tallystick/domain/billing';
import { BILLING_REFUSAL_TITLES, problemOfBillingRefusal } from './problems';

const PAGE = readFileSync(join(__dirname, '../../../../docs/billing.md'), 'utf8');
const ROW = /^\| ((?:`[a-z_]+`(?:, )?)+) +\| ((?:\d{3}(?:, )?)+) +\| (.+) \|$/;

/** Code → the statuses and the text of its row. */
const rows = new Map(
  PAGE.split('\n').flatMap((line) => {
    const [, codes = '', status, text] = ROW.exec(line) ?? [];
    return [...codes.matchAll(/`([a-z_]+)`/g)].map(([, code]) => [code!, { status: status!, text: text! }] as const);
  }),
);
const codes = Object.keys(BILLING_REFUSAL_STATUS) as BillingRefusalCode[];

test.each(codes)('%s has a row in the documentation with its status, and a title', (code) => {
  expect(rows.get(code)).toMatchObject({ status: expect.stringContaining(String(BILLING_REFUSAL_STATUS[code])) });
  expect(BILLING_REFUSAL_TITLES[code]).toMatch(/^[A-Z]/);
});

test('the documentation has no row for a code that does not exist', () => {
  expect([...rows.keys()].filter((code) => !(codes as readonly string[]).includes(code))).toEqual([]);
});

test('a refusal of a member names it', () => {
  const refusal = { code: 'unknown_plan', message: 'There is no plan "x".', field: 'plan' } as const;
  expect(problemOfBillingRefusal(refusal)).toMatchObject({
    status: 422,
    code: 'unknown_plan',
    detail: 'plan: There is no plan "x".',
    members: { errors: [{ field: 'plan', rule: 'unknown_plan', message: 'There is no plan "x".' }] },
  });
  const needed = { code: 'payment_method_required', message: 'Add a card.' } as const;
  expect(problemOfBillingRefusal(needed)).toMatchObject({ status: 402, detail: 'Add a card.' });
});
