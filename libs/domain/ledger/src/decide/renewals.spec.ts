import { plusMilliseconds } from '@tallystick/domain/kernel';
import { complete, DAY, grant, HOUR, places, submit, TICK } from '../../support/ledger-harness';
import { BOUGHT, pay, RENEWAL, schedule, subscribed, summaryOf } from '../../support/plans';

// The cases of renewals and of the end of plans with their numbers. Invoice i1 is the first purchase, line 0 of each invoice the one that is granted.

const DAYS_30 = 30 * DAY;
const NEXT = '2026-06-11T09:00:00.000Z';
const WITH_GRACE = '2026-05-12T09:00:00.000Z';

describe('b12: a renewal whose payment is confirmed after the end of the period', () => {
  const renewing = () =>
    subscribed('startup', 5000, 4300).at('2026-05-11T09:30:00.000Z', submit('j', 50), complete('j'));

  test('what is left stays usable; the payment expires it and grants the new package in one append', () => {
    const harness = renewing();
    expect(harness.available).toBe(650);
    expect(summaryOf(harness.whenAt('2026-05-11T10:00:20.000Z', pay('i2:0', 'startup', 5000)))).toEqual([
      'invoice:i1:0 expires 650',
      'plan startup',
      `invoice:i2:0 gives 5000 to ${NEXT}`,
    ]);
  });

  test('a failure takes the grace, which expires it at once', () => {
    const harness = renewing();
    expect(summaryOf(harness.whenAt('2026-05-11T10:00:20.000Z', { type: 'SetGrantGrace' }))).toEqual([
      'invoice:i1:0 usable to its end',
      'invoice:i1:0 expires 650',
    ]);
    expect(harness.available).toBe(0);
  });

  test('without news it ends with its grace', () => {
    const harness = renewing();
    expect(summaryOf(harness.whenAt(WITH_GRACE, TICK))).toEqual(['invoice:i1:0 expires 650']);
  });

  test('a job that reserved in the grace keeps its credits; unused ones expire when they return', () => {
    const harness = renewing().at('2026-05-12T08:30:00.000Z', submit('k', 100));
    expect(summaryOf(harness.whenAt(WITH_GRACE, complete('k', 40)))).toEqual([
      'invoice:i1:0 expires 550',
      'CreditsConsumed',
      'CreditsRefunded',
      'invoice:i1:0 expires 60',
    ]);
    expect(places(harness)).toEqual([0, 0, 4390, 610, 0]);
  });
});

describe('b13: a renewal that is paid late', () => {
  test('ends with the period its invoice is for; other grants pay until then', () => {
    const harness = subscribed('developer', 1000, 200).run(grant('gift', 250, { kind: 'promotional' }));
    harness.at('2026-05-11T10:00:00.000Z', { type: 'SetGrantGrace' });
    expect(harness.available).toBe(250);
    harness.at('2026-05-12T09:00:00.000Z', submit('j', 10), complete('j'));
    const paid = harness.whenAt('2026-05-17T12:00:00.000Z', pay('i2:0', 'developer', 1000, { ends: { at: NEXT } }));
    expect(summaryOf(paid)).toEqual(['plan developer', `invoice:i2:0 gives 1000 to ${NEXT}`]);
    expect(harness.available).toBe(1240);
    expect(harness.state.plan).toBe('developer');
  });

  test('D10: a package with a term of its own lasts from its payment, and the next renewal leaves it alone', () => {
    const bought = '2026-01-01T10:00:00.000Z';
    const end = plusMilliseconds(bought, DAYS_30);
    const harness = subscribed('package-a', 1000, 0, bought).at(end, { type: 'SetGrantGrace' });
    const paidAt = plusMilliseconds(end, 5 * DAY);
    const late = plusMilliseconds(paidAt, DAYS_30);
    harness.at(plusMilliseconds(paidAt, HOUR), pay('i2:0', 'package-a', 1000, { ends: { at: late } }));
    const second = plusMilliseconds(bought, 2 * DAYS_30);
    expect(summaryOf(harness.whenAt(second, pay('i3:0', 'package-a', 1000)))).toEqual([
      `closed ${end} to ${second}`,
      'invoice:i2:0 usable to its end',
      'plan package-a',
      `invoice:i3:0 gives 1000 to ${plusMilliseconds(bought, 3 * DAYS_30)}`,
    ]);
    expect(summaryOf(harness.whenAt(late, TICK))).toEqual(['invoice:i2:0 expires 1000']);
    expect(harness.available).toBe(1000);
  });

  test('a package that has ended before its payment is known is granted and expired in one append', () => {
    const harness = subscribed('developer', 1000).at('2026-07-20T09:00:00.000Z', TICK);
    const paid = harness.when(pay('i2:0', 'developer', 1000, { ends: { at: NEXT } }));
    expect(summaryOf(paid)).toEqual([
      'plan developer',
      `invoice:i2:0 gives 1000 to ${NEXT}`,
      'invoice:i2:0 expires 1000',
    ]);
  });
});

test('grants that a package replaces end once, and a package ends at the very instant of its end', () => {
  const harness = subscribed('developer', 1000, 400).run(grant('gift', 10), submit('open', 100));
  harness.run({ type: 'EndGrant', grantId: 'invoice:i1:0' });
  const replacing = pay('i2:0', 'developer', 1000, {
    endGrants: ['invoice:i1:0', 'gift', 'unknown'],
    ends: { at: BOUGHT },
    graceMilliseconds: 0,
  });
  expect(summaryOf(harness.when(replacing))).toEqual([
    'gift expires 10',
    'plan developer',
    `invoice:i2:0 gives 1000 to ${BOUGHT}`,
    'invoice:i2:0 expires 1000',
  ]);
});

describe('a cancellation', () => {
  test('b16: taken back before the end changes nothing', () => {
    const harness = subscribed('developer', 1000).at('2026-04-20T09:00:00.000Z', schedule(RENEWAL));
    expect(summaryOf(harness.whenAt('2026-05-01T09:00:00.000Z', schedule()))).toEqual(['scheduled nothing']);
    expect(summaryOf(harness.whenAt(RENEWAL, TICK))).toEqual([`closed ${BOUGHT} to ${RENEWAL}`]);
    expect(harness.state.plan).toBe('developer');
  });

  test('b17: at the end of the period, sent twice, is one event; it ends credits, plan and auto overage in one append', () => {
    const harness = subscribed('developer', 1000, 400).run({ type: 'SetOverage', overage: 'auto' });
    expect(summaryOf(harness.when(schedule(RENEWAL)))).toEqual([`scheduled none at ${RENEWAL}`]);
    expect(harness.when(schedule(RENEWAL)).events).toEqual([]);
    expect(summaryOf(harness.whenAt(RENEWAL, submit('j', 1)))).toEqual([
      `closed ${BOUGHT} to ${RENEWAL}`,
      'invoice:i1:0 expires 600',
      'plan none',
      'overage none',
    ]);
    expect(harness.when(schedule(RENEWAL)).events).toEqual([]);
  });

  test('D47: the stub after it runs to the first of the month', () => {
    const harness = subscribed('developer', 1000).run(schedule(RENEWAL)).at(RENEWAL, TICK);
    expect(harness.state.openPeriod).toEqual({ start: RENEWAL, end: '2026-06-01T00:00:00.000Z' });
    harness.at('2026-05-20T09:00:00.000Z', { type: 'SetOverage', overage: 'pay-as-you-go' });
    expect(summaryOf(harness.whenAt('2026-07-01T00:00:00.000Z', TICK))).toEqual([
      `closed ${RENEWAL} to 2026-06-01T00:00:00.000Z`,
      'closed 2026-06-01T00:00:00.000Z to 2026-07-01T00:00:00.000Z',
    ]);
  });

  test('D6: at once, it ends plan and overage; paid credits stay to their own date, without a grace', () => {
    const harness = subscribed('developer', 1000, 400).run({ type: 'SetOverage', overage: 'auto' });
    const now = '2026-04-20T09:00:00.500Z';
    expect(summaryOf(harness.whenAt(now, schedule(now)))).toEqual([
      `closed ${BOUGHT} to 2026-04-20T09:00:00.000Z`,
      'invoice:i1:0 usable to its end',
      'plan none',
      'overage none',
    ]);
    expect(harness.available).toBe(600);
    expect(summaryOf(harness.whenAt(RENEWAL, TICK))).toEqual(['invoice:i1:0 expires 600']);
  });

  test('b18: while past due, it ends at once', () => {
    const harness = subscribed('developer', 1000, 400).at('2026-05-11T10:00:00.000Z', { type: 'SetGrantGrace' });
    expect(summaryOf(harness.whenAt('2026-05-13T09:00:00.000Z', schedule('2026-05-13T09:00:00.000Z')))).toEqual([
      `closed ${RENEWAL} to 2026-05-13T09:00:00.000Z`,
      'plan none',
    ]);
    expect(harness.state.plan).toBeUndefined();
  });

  test('D7: a new subscription has a new anchor, and older grants run beside it', () => {
    const harness = subscribed('developer', 1000, 400).at(
      '2026-04-20T09:00:00.000Z',
      schedule('2026-04-20T09:00:00.000Z'),
    );
    const again = harness.whenAt('2026-04-25T09:00:00.000Z', pay('i2:0', 'developer', 1000, { anchor: 'new' }));
    expect(again.answer).toMatchObject({ anchor: '2026-04-25T09:00:00.000Z', expiresAt: '2026-05-25T09:00:00.000Z' });
    expect(harness.available).toBe(1600);
  });
});
