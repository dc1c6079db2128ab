import { plusMilliseconds } from '@tallystick/domain/kernel';
import { SOLD } from '../../support/catalogs';
import { codeOf, complete, draw, OPEN, submit, TICK } from '../../support/ledger-harness';
import { BOUGHT, pay, PlanHarness, RENEWAL, schedule, subscribed, summaryOf } from '../../support/plans';
import { refusalOf } from '../../support/steps';

// The cases of purchases and changes of plans with their numbers. Invoice i1 is the first purchase, line 0 of each invoice the one that is granted.

const NEXT = '2026-06-11T09:00:00.000Z';
const WITH_GRACE = '2026-05-12T09:00:00.000Z';

describe('a first purchase', () => {
  test('closes the calendar month, sets the plan and grants its package in one append', () => {
    const harness = new PlanHarness({ catalog: SOLD }).at(BOUGHT, OPEN);
    const paid = { amount: 2999, currency: 'USD' };
    const bought = harness.whenAt('2026-04-11T09:00:00.700Z', pay('i1:0', 'developer', 1000, { anchor: 'new', paid }));
    expect(bought.events.map(({ type, data }) => [type, data])).toEqual([
      ['PeriodClosed', { start: '2026-04-01T00:00:00.000Z', end: BOUGHT }],
      ['PlanSet', { plan: 'developer', anchor: BOUGHT, invoiceLineId: 'i1:0' }],
      [
        'CreditsGranted',
        {
          grantId: 'invoice:i1:0',
          kind: 'package',
          credits: 1000,
          expiresAt: RENEWAL,
          graceUntil: WITH_GRACE,
          paid,
          reason: 'plan developer',
        },
      ],
    ]);
    expect(bought.events.map(({ metadata }) => metadata.schemaVersion)).toEqual([1, 3, 3]);
    expect(bought.answer).toEqual({
      kind: 'plan-applied',
      plan: 'developer',
      anchor: BOUGHT,
      period: { start: BOUGHT, end: RENEWAL },
      grantId: 'invoice:i1:0',
      expiresAt: RENEWAL,
    });
  });

  test('D39: the trial lasts until the first paid invoice, not longer', () => {
    const harness = new PlanHarness({ catalog: SOLD }).at(BOUGHT, OPEN, submit('j', 0, { job: draw }));
    expect(summaryOf(harness.when(pay('i1:0', 'developer', 1000, { anchor: 'new' })))).toEqual([
      `closed 2026-04-01T00:00:00.000Z to ${BOUGHT}`,
      'plan developer',
      'trial:draw expires 18',
      `invoice:i1:0 gives 1000 to ${RENEWAL}`,
    ]);
  });

  test('ends pay-as-you-go', () => {
    const harness = new PlanHarness({ catalog: SOLD }).at(BOUGHT, OPEN, {
      type: 'SetOverage',
      overage: 'pay-as-you-go',
    });
    expect(summaryOf(harness.when(pay('i1:0', 'developer', 1000, { anchor: 'new' })))).toEqual([
      `closed 2026-04-01T00:00:00.000Z to ${BOUGHT}`,
      'plan developer',
      'overage none',
      `invoice:i1:0 gives 1000 to ${RENEWAL}`,
    ]);
  });

  test('grants nothing for 0 credits', () => {
    const harness = new PlanHarness({ catalog: SOLD }).at(BOUGHT, OPEN);
    const command = pay('i1:0', 'developer', 0, { anchor: 'new' });
    expect(harness.when(command).types).toEqual(['PeriodClosed', 'PlanSet']);
    expect(harness.when(command)).toMatchObject({ events: [], answer: { kind: 'plan-applied', repeated: {} } });
    expect(harness.when(command).answer).not.toHaveProperty('grantId');
  });
});

describe('an upgrade', () => {
  test('b01: half of the period left', () => {
    const harness = subscribed('developer', 1000, 400);
    expect(harness.available).toBe(600);
    expect(summaryOf(harness.whenAt('2026-04-26T09:00:00.000Z', pay('i2:1', 'startup', 2000)))).toEqual([
      'plan startup',
      `invoice:i2:1 gives 2000 to ${RENEWAL}`,
    ]);
    expect(harness.available).toBe(2600);
    harness.at(RENEWAL, TICK);
    expect(harness.available).toBe(2600);
    expect(summaryOf(harness.when(pay('i3:0', 'startup', 5000)))).toEqual([
      'invoice:i1:0 expires 600',
      'invoice:i2:1 expires 2000',
      'plan startup',
      `invoice:i3:0 gives 5000 to ${NEXT}`,
    ]);
    expect(harness.available).toBe(5000);
  });

  test('b02: all used, a thirtieth of the period left', () => {
    const harness = subscribed('developer', 1000, 1000).at('2026-05-10T09:00:00.000Z', pay('i2:1', 'startup', 133));
    expect(harness.available).toBe(133);
  });

  test('b03: a second one in the same period', () => {
    const harness = subscribed('developer', 1000, 400)
      .at('2026-04-26T09:00:00.000Z', pay('i2:1', 'startup', 2000))
      .at('2026-05-03T21:00:00.000Z', pay('i3:1', 'business', 2500));
    expect(harness.available).toBe(5100);
    expect(harness.state.balance.granted).toBe(5500);
    expect(harness.state).toMatchObject({ plan: 'business', anchor: { start: BOUGHT } });
  });

  test('b06: clears a scheduled downgrade', () => {
    const harness = subscribed('startup', 5000).at('2026-04-20T09:00:00.000Z', schedule(RENEWAL, 'developer'));
    expect(harness.state.scheduled).toEqual({ at: RENEWAL, plan: 'developer' });
    expect(summaryOf(harness.whenAt('2026-05-01T09:00:00.000Z', pay('i2:1', 'business', 3333)))).toEqual([
      'plan business',
      'scheduled nothing',
      `invoice:i2:1 gives 3333 to ${RENEWAL}`,
    ]);
    expect(harness.state.scheduled).toBeUndefined();
  });

  test('b09: with a package of its own term, the old one lives to its date and is not renewed', () => {
    const bought = '2026-01-15T10:00:00.000Z';
    const harness = subscribed('package-a', 1000, 900, bought).at(bought, {
      type: 'ReportUsage',
      limit: 'templates',
      value: 12,
    });
    expect(refusalOf(harness.when(submit('blocked', 1)))).toMatchObject({ limit: 'templates', maximum: 10, used: 12 });
    const upgrade = pay('i2:0', 'package-b', 5000, { anchor: 'new', graceMilliseconds: 0 });
    expect(summaryOf(harness.whenAt('2026-01-30T10:00:00.000Z', upgrade))).toEqual([
      'closed 2026-01-15T10:00:00.000Z to 2026-01-30T10:00:00.000Z',
      'invoice:i1:0 usable to its end',
      'plan package-b',
      'invoice:i2:0 gives 5000 to 2026-03-01T10:00:00.000Z',
    ]);
    expect(harness.available).toBe(5100);
    expect(harness.when(submit('a', 150)).answer).toMatchObject({
      draws: [
        { grantId: 'invoice:i1:0', credits: 100 },
        { grantId: 'invoice:i2:0', credits: 50 },
      ],
    });
    expect(summaryOf(harness.whenAt('2026-03-01T10:00:00.000Z', TICK))).toEqual([
      'CreditsRefunded',
      'invoice:i1:0 expires 100',
      'closed 2026-01-30T10:00:00.000Z to 2026-03-01T10:00:00.000Z',
      'invoice:i2:0 expires 5000',
    ]);
  });
});

describe('a downgrade', () => {
  test('b05: at the end of the period, without a refund; credits and limits stay until then', () => {
    const harness = subscribed('startup', 5000, 2000).at('2026-04-20T09:00:00.000Z', schedule(RENEWAL, 'developer'));
    harness.at('2026-05-11T08:59:59.999Z', TICK);
    expect([harness.available, harness.state.plan]).toEqual([3000, 'startup']);
    expect(summaryOf(harness.whenAt(RENEWAL, TICK))).toEqual([`closed ${BOUGHT} to ${RENEWAL}`, 'plan developer']);
    expect(harness.available).toBe(3000);
    expect(summaryOf(harness.when(pay('i2:0', 'developer', 1000)))).toEqual([
      'invoice:i1:0 expires 3000',
      'plan developer',
      `invoice:i2:0 gives 1000 to ${NEXT}`,
    ]);
    expect(harness.state.anchor.start).toBe(BOUGHT);
  });

  test('to a plan with periods of another length starts them at that instant', () => {
    const harness = subscribed('startup', 5000).run(schedule(RENEWAL, 'package-a')).at(RENEWAL, TICK);
    expect(harness.state.anchor).toEqual({ start: RENEWAL, length: { days: 30 } });
  });
});

describe('b10: a month keeps the day of its anchor, and takes its last day where it lacks it', () => {
  test.each([
    ['2026-01-31T22:15:00.000Z', ['2026-02-28T22:15', '2026-03-31T22:15', '2026-04-30T22:15', '2026-05-31T22:15']],
    ['2028-01-31T22:15:00.000Z', ['2028-02-29T22:15', '2028-03-31T22:15', '2028-04-30T22:15']],
  ])('bought %s', (bought, ends) => {
    const harness = subscribed('developer', 1000, 0, bought);
    let start = bought;
    for (const [i, minute] of ends.entries()) {
      const end = `${minute}:00.000Z`;
      expect(harness.whenAt(plusMilliseconds(end, -1), TICK).events).toEqual([]);
      expect(summaryOf(harness.whenAt(end, TICK))).toEqual([`closed ${start} to ${end}`]);
      const renewed = harness.when(pay(`i${i + 2}:0`, 'developer', 1000));
      expect(renewed.answer).toMatchObject({ anchor: bought, period: { start: end } });
      expect(harness.available).toBe(1000);
      start = end;
    }
  });
});

test('b11: a cap counts in the period of the subscription, whose end instant is in the next one', () => {
  const harness = subscribed('developer', 1000).run({
    type: 'SetBudgetCap',
    target: { projectId: 'p1' },
    credits: 500,
  });
  harness.at('2026-04-30T09:00:00.000Z', submit('a', 300), complete('a'));
  expect(codeOf(harness.whenAt('2026-05-02T09:00:00.000Z', submit('b', 200)))).toBe('reserved');
  harness.run(complete('b'));
  expect(codeOf(harness.when(submit('c', 1)))).toBe('budget_cap_exceeded');
  expect(codeOf(harness.whenAt(plusMilliseconds(RENEWAL, -1), submit('c', 1)))).toBe('budget_cap_exceeded');
  expect(codeOf(harness.whenAt(RENEWAL, submit('c', 1)))).toBe('reserved');
  expect(harness.state.spent.get('project/p1')).toEqual({ period: RENEWAL, value: 1 });
});

test('at the end instant of a period, it is closed first, then time-outs return their credits', () => {
  const harness = subscribed('developer', 1000, 0).at('2026-05-11T08:00:00.000Z', submit('j', 10));
  expect(summaryOf(harness.whenAt('2026-05-20T09:00:00.000Z', TICK))).toEqual([
    `closed ${BOUGHT} to ${RENEWAL}`,
    'CreditsRefunded',
    'invoice:i1:0 expires 1000',
  ]);
});
