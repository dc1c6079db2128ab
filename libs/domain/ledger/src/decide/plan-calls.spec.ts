import { SOLD } from '../../support/catalogs';
import { complete, grant, OPEN, submit, TICK } from '../../support/ledger-harness';
import { BOUGHT, pay, PlanHarness, RENEWAL, schedule, subscribed, summaryOf } from '../../support/plans';
import { refusalOf } from '../../support/steps';
import type { CommandOf } from '../commands';

// The commands of billing about plans. Invoice i1 is the first purchase, line 0 of each invoice the one that is granted.

const NEXT = '2026-06-11T09:00:00.000Z';

describe('a grant that billing ends or sells', () => {
  test('EndGrant expires what is available, once', () => {
    const harness = subscribed('developer', 1000, 400).run(submit('open', 100));
    expect(summaryOf(harness.when({ type: 'EndGrant', grantId: 'invoice:i1:0' }))).toEqual([
      'invoice:i1:0 expires 500',
    ]);
    const again = harness.when({ type: 'EndGrant', grantId: 'invoice:i1:0' });
    expect(again).toMatchObject({ events: [], answer: { kind: 'done', repeated: {} } });
    expect(summaryOf(harness.when(complete('open', 30)))).toContain('invoice:i1:0 expires 70');
    expect(refusalOf(harness.when({ type: 'EndGrant', grantId: 'none' }))).toMatchObject({ field: 'grantId' });
  });

  test('SetGrantGrace changes the named packages of the subscription alone', () => {
    const harness = subscribed('developer', 1000).run(
      grant('by-hand', 5, { kind: 'package', expiresAt: RENEWAL }),
      pay('i2:0', 'startup', 10),
    );
    const graceUntil = '2026-05-25T09:00:00.000Z';
    const one = { type: 'SetGrantGrace', grantIds: ['invoice:i1:0', 'by-hand', 'none'], graceUntil } as const;
    expect(summaryOf(harness.when(one))).toEqual([`invoice:i1:0 usable to ${graceUntil}`]);
    expect(harness.when(one).events).toEqual([]);
    expect(summaryOf(harness.when({ type: 'SetGrantGrace', graceUntil }))).toEqual([
      `invoice:i2:0 usable to ${graceUntil}`,
    ]);
    expect(summaryOf(harness.whenAt(RENEWAL, TICK))).toEqual([`closed ${BOUGHT} to ${RENEWAL}`, 'by-hand expires 5']);
    expect(summaryOf(harness.whenAt(graceUntil, TICK))).toEqual([
      'invoice:i1:0 expires 1000',
      'invoice:i2:0 expires 10',
    ]);
  });

  test('sold credits have the id of their invoice line and the price; others cannot have such an id', () => {
    const paid = { amount: 1000, currency: 'USD' };
    const harness = subscribed('developer', 1000);
    const topUp = grant('invoice:i5:0', 300, { sold: true, paid });
    expect(harness.when(topUp).events).toMatchObject([{ data: { paid }, metadata: { schemaVersion: 3 } }]);
    expect(harness.when(topUp)).toMatchObject({ events: [], answer: { repeated: {} } });
    const otherPrice = { ...topUp, paid: { ...paid, amount: 900 } } as typeof topUp;
    expect(refusalOf(harness.when(otherPrice))).toMatchObject({ code: 'grant_conflict' });
    expect(refusalOf(harness.when(grant('invoice:i6:0', 1)))).toMatchObject({ rule: 'reserved' });
    expect(refusalOf(harness.when(grant('g', 1, { sold: true })))).toMatchObject({ rule: 'sold' });
  });

  test('b14: a top-up outlives renewal, failure and cancellation', () => {
    const harness = subscribed('package-a', 1000, 900, '2026-01-01T10:00:00.000Z');
    harness.run(grant('invoice:i9:0', 300, { sold: true }));
    const end = '2026-01-31T10:00:00.000Z';
    harness.at(end, pay('i2:0', 'package-a', 1000));
    expect(harness.available).toBe(1300);
    harness.at('2026-03-02T10:00:00.000Z', { type: 'SetGrantGrace' });
    expect(harness.available).toBe(300);
    harness.run(schedule('2026-03-02T10:00:00.000Z'));
    expect(harness.available).toBe(300);
  });

  test.each([
    ['amount', { amount: -1, currency: 'USD' }],
    ['fraction', { amount: 1.5, currency: 'USD' }],
    ['currency', { amount: 1, currency: 'dollars' }],
  ])('a price with a wrong %s is refused', (_, paid) => {
    const refusal = refusalOf(subscribed('developer', 1000).when(grant('g', 1, { paid })));
    expect(refusal).toMatchObject({ code: 'invalid_command', field: expect.stringContaining('paid') });
  });
});

describe('a plan payment that is sent again', () => {
  const payments = (count: number) =>
    Array.from({ length: count }, (_, i) => pay(`later${i}:0`, 'developer', 10, { graceMilliseconds: 0 }));

  test.each([0, 1, 15, 16, 40])('is known after %i later ones', (count) => {
    const first = pay('i1:0', 'developer', 1000, { anchor: 'new' });
    const harness = subscribed('developer', 1000).run(...payments(count));
    const size = harness.stored.length;
    expect(harness.when(first).answer).toMatchObject({
      kind: 'plan-applied',
      anchor: BOUGHT,
      grantId: 'invoice:i1:0',
      expiresAt: RENEWAL,
      repeated: { revision: expect.any(Number) },
    });
    expect(harness.stored).toHaveLength(size);
    expect(harness.state.appliedPlans.size).toBeLessThanOrEqual(17);
  });

  test('without credits is known as well', () => {
    const harness = subscribed('developer', 1000).run(pay('i2:1', 'startup', 0), ...payments(40));
    expect(harness.when(pay('i2:1', 'startup', 0))).toMatchObject({ events: [], answer: { plan: 'startup' } });
  });

  test('gets the first answer, from the period in which it was applied', () => {
    const harness = new PlanHarness({ catalog: SOLD }).at(BOUGHT, OPEN);
    const command = pay('i1:0', 'developer', 1000, { anchor: 'new' });
    const first = harness.when(command).answer;
    harness.at(NEXT, pay('i2:0', 'developer', 1000));
    expect(harness.when(command).answer).toEqual({ ...first, repeated: { revision: 2 } });
  });

  test('with other terms is refused', () => {
    const harness = subscribed('developer', 1000);
    expect(refusalOf(harness.when(pay('i1:0', 'startup', 1000)))).toMatchObject({ rule: 'sameLine' });
    expect(refusalOf(harness.when(pay('i1:0', 'developer', 999)))).toMatchObject({ code: 'grant_conflict' });
  });
});

test.each<[string, Partial<CommandOf<'ApplyPlanPayment'>>]>([
  ['plan', { plan: 'none such' }],
  ['grant.grantId', { grant: { grantId: 'by-hand', credits: 1, ends: { period: true } } }],
  ['grant.credits', { grant: { grantId: 'invoice:i:0', credits: 0.5, ends: { period: true } } }],
  [
    'grant.paid',
    { grant: { grantId: 'invoice:i:0', credits: 1, ends: { period: true }, paid: { amount: 1, currency: '' } } },
  ],
])('a plan payment with a wrong %s is refused', (field, wrong) => {
  const command = { ...pay('i2:0', 'developer', 1), ...wrong } as ReturnType<typeof pay>;
  expect(refusalOf(subscribed('developer', 1000).when(command))).toMatchObject({ code: 'invalid_command', field });
});

test('a plan that the catalog has dropped is still renewed for its subscriber', () => {
  const harness = subscribed('developer', 1000);
  Object.assign(harness.policy, { catalog: { ...SOLD, plans: [] } });
  expect(summaryOf(harness.whenAt(RENEWAL, pay('i2:0', 'developer', 1000)))).toContain(
    `invoice:i2:0 gives 1000 to ${NEXT}`,
  );
  expect(refusalOf(harness.when(pay('i3:0', 'startup', 1)))).toMatchObject({ field: 'plan' });
});
