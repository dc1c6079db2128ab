import {
  at,
  LedgerHarness,
  codeOf,
  complete,
  DAY,
  dataOf,
  fail,
  given,
  givenUnder,
  grant,
  HOUR,
  MINUTE,
  START,
  submit,
  TICK,
  wait,
} from '../../support/ledger-harness';
import { LIMITED, PLAIN } from '../../support/catalogs';
import { refusalOf, cap, plan, report, limited } from '../../support/steps';
import { anchorOf, billingPeriod } from '../state/billing-terms';

// The last value on each side of a rule, and what happens at one instant.

describe('a subscription', () => {
  test('is recorded again with another anchor, not with the same one', () => {
    const harness = given(plan('small'));
    expect(harness.when(plan('small', START)).events).toEqual([]);
    expect(harness.when(plan('small')).events).toEqual([]);
    expect(dataOf(harness.when(plan('small', at(-DAY))), 'PlanSet')).toEqual([{ plan: 'small', anchor: at(-DAY) }]);
    expect(harness.state.anchor).toEqual({ start: at(-DAY), length: 'month' });
  });

  test('is recorded again with another period length, although the plan’s id is the same', () => {
    const harness = given(plan('small'));
    const renewed = givenUnder({
      catalog: {
        ...PLAIN,
        plans: PLAIN.plans.map((each) => ({ ...each, period: { unit: 'day', length: 7 } as const })),
      },
    });
    renewed.state = harness.state;
    expect(dataOf(renewed.when(plan('small')), 'PlanSet')).toEqual([{ plan: 'small', anchor: START, periodDays: 7 }]);
  });

  test('repeating the default plan records no event', () => {
    const harness = limited(plan('free'), wait(DAY));
    expect(harness.when(plan('free')).events).toEqual([]);
    expect(dataOf(harness.when(plan('large')), 'PlanSet')).toEqual([{ plan: 'large', anchor: at(DAY) }]);
  });

  test('changed for another keeps period, caps and counters', () => {
    const harness = given(grant('g', 100), plan('small'), cap(10), wait(DAY), submit('a', 6), plan('large'));
    expect(billingPeriod(harness.state, harness.now)).toEqual({ start: START, end: '2026-12-21T09:30:00.000Z' });
    expect(harness.state.periodFrom).toBe(START);
    expect(refusalOf(harness.when(submit('b', 5)))).toMatchObject({ used: 6 });
  });

  test('changed to one counted in days, and ended: the former periods apply before that moment', () => {
    const state = { anchor: anchorOf(undefined, undefined), periodFrom: at(DAY) };
    expect(billingPeriod(state, START)).toEqual({
      start: '2026-11-01T00:00:00.000Z',
      end: '2026-12-01T00:00:00.000Z',
    });
    expect(billingPeriod(state, at(DAY)).start).toBe(at(DAY));
    expect(billingPeriod(state, at(20 * DAY)).start).toBe('2026-12-01T00:00:00.000Z');
    expect(anchorOf(START, 7)).toEqual({ start: START, length: { days: 7 } });
    expect(anchorOf(START, undefined)).toEqual({ start: START, length: 'month' });
  });
});

describe('overage', () => {
  const offering = (overage: object | undefined): LedgerHarness =>
    givenUnder({ catalog: { ...PLAIN, overage: overage && { ...PLAIN.overage!, ...overage } } }, plan('small'));
  test.each([
    ['auto', { autoOverage: false }, 'offered'],
    ['pay-as-you-go', { payAsYouGo: false }, 'offered'],
    ['auto', undefined, 'offered'],
    ['auto', { tiers: new Map() }, 'currency'],
  ] as const)('%s under %j is refused', (overage, offered, rule) => {
    expect(refusalOf(offering(offered).when({ type: 'SetOverage', overage }))).toMatchObject({
      field: 'overage',
      rule,
    });
  });

  test.each([
    ['auto', { payAsYouGo: false }],
    ['pay-as-you-go', { autoOverage: false }],
  ] as const)('%s under %j is chosen', (overage, offered) => {
    expect(offering(offered).when({ type: 'SetOverage', overage }).types).toEqual(['OverageSet']);
  });

  test('can be switched off if the catalog no longer offers it', () => {
    const harness = offering({});
    harness.run({ type: 'SetOverage', overage: 'auto' });
    const without = offering(undefined);
    without.state = harness.state;
    expect(without.when({ type: 'SetOverage', overage: 'none' }).types).toEqual(['OverageSet']);
  });
});

describe('caps', () => {
  test('of a key: only a cap that was set, never the default of projects', () => {
    const catalog = { ...PLAIN, defaults: { ...PLAIN.defaults, budgetCap: 5 } };
    const harness = givenUnder({ catalog }, grant('g', 100), cap(50));
    expect(codeOf(harness.when(submit('a', 6, { apiKeyId: 'k1' })))).toBe('reserved');
    expect(refusalOf(harness.run(cap(9, { apiKeyId: 'k1' })).when(submit('b', 4, { apiKeyId: 'k1' })))).toMatchObject({
      maximum: 9,
      used: 6,
    });
  });

  test('a project and a key with the same id are independent', () => {
    const harness = given(grant('g', 100), cap(1, { apiKeyId: 'p1' }));
    expect(codeOf(harness.when(submit('a', 5)))).toBe('reserved');
    expect([...harness.state.caps.keys(), ...harness.state.spent.keys()]).toEqual(['key/p1', 'project/p1']);
  });

  test('a refund of an earlier period neither lowers nor starts the count of this one', () => {
    const late = 9 * DAY + 14 * HOUR;
    const harness = given(grant('g', 100), wait(late), submit('a', 8), wait(45 * MINUTE), fail('a'));
    expect(harness.state.spent.get('project/p1')).toEqual({ period: '2026-11-01T00:00:00.000Z', value: 0 });
    const next = given(grant('g', 100), wait(late), submit('a', 8), wait(45 * MINUTE), submit('b', 1), fail('a'));
    expect(next.state.spent.get('project/p1')).toEqual({ period: '2026-12-01T00:00:00.000Z', value: 1 });
  });

  test('a completion with less, then a late failure, count each credit once, for project and key', () => {
    const harness = given(grant('g', 100), submit('a', 8, { apiKeyId: 'k' }), complete('a', 5));
    const value = (target: string) => harness.state.spent.get(target)!.value;
    expect([value('project/p1'), value('key/k')]).toEqual([5, 5]);
    expect([value('project/p1'), harness.run(fail('a')).state.spent.size]).toEqual([5, 2]);
  });
});

describe('counts of the plan’s limits', () => {
  const requests = ({ state }: LedgerHarness) => [
    state.reported.get('#reservations')?.value,
    state.reported.get('#reservations/p1')?.value,
  ];

  test.each([
    ['failed', [fail('a')], 0],
    ['completed with nothing used', [complete('a', 0)], 1],
    ['timed out', [wait(2 * HOUR), TICK], 0],
    ['timed out, then failed', [wait(2 * HOUR), TICK, fail('a')], 0],
    ['timed out, then completed', [wait(2 * HOUR), TICK, complete('a', 1)], 1],
  ])('a request of a job that %s', (_, steps, count) => {
    expect(requests(limited(submit('a', 2), ...steps))).toEqual([count, count]);
  });

  test('a report of 0 is recorded for a gauge and for a new counter', () => {
    const harness = limited(report('storage', 7));
    expect(dataOf(harness.when(report('storage', 0)), 'UsageReported')).toEqual([{ limit: 'storage', value: 0 }]);
    expect(dataOf(harness.when(report('calls', 0)), 'UsageReported')).toEqual([
      { limit: 'calls', value: 0, period: '2026-11-01T00:00:00.000Z' },
    ]);
  });

  test('a gauge is ordered by measurement, not by report', () => {
    const harness = limited(wait(HOUR), report('storage', 7, { occurredAt: at(10 * MINUTE) }));
    expect(harness.state.reported.get('storage')).toEqual({ period: at(10 * MINUTE), value: 7 });
    expect(harness.when(report('storage', 8, { occurredAt: at(10 * MINUTE - 1) })).events).toEqual([]);
    expect(harness.when(report('storage', 8, { occurredAt: at(10 * MINUTE) })).types).toEqual(['UsageReported']);
  });

  test.each([
    ['gauge', 'storage', START],
    ['counter', 'calls', '2026-11-01T00:00:00.000Z'],
  ])('a report from the future counts as of now: a %s', (_, limit, period) => {
    const harness = limited(report(limit, 7, { occurredAt: at(60 * DAY) }));
    expect(harness.state.reported.get(limit)).toEqual({ period, value: 7 });
  });

  test('a counter starts at zero in a new period, and ignores reports for an earlier one', () => {
    const harness = limited(report('calls', 5), wait(10 * DAY), report('calls', 2));
    expect(harness.state.reported.get('calls')).toEqual({ period: '2026-12-01T00:00:00.000Z', value: 2 });
    expect(harness.when(report('calls', 9, { occurredAt: START })).events).toEqual([]);
    expect(harness.when(report('calls', 2)).events).toEqual([]);
    expect(harness.when(report('calls', 3)).types).toEqual(['UsageReported']);
  });

  test('an organization’s limit has one count for all projects', () => {
    const harness = limited(report('storage', 7, { projectId: 'p1' }));
    expect([...harness.state.reported.keys()]).toEqual(['storage']);
    expect(dataOf(limited().when(report('templates', 2, { projectId: 'p9' })), 'UsageReported')).toEqual([
      { limit: 'templates', projectId: 'p9', value: 2 },
    ]);
  });

  test('a blocking gauge counts whenever it was reported, a counter in its period only', () => {
    const blocking = (id: string) => ({
      ...LIMITED,
      limits: new Map(LIMITED.limits).set(id, { ...LIMITED.limits.get(id)!, blocksJobs: true }),
    });
    const after = (id: string, value: number, days: number) =>
      codeOf(
        givenUnder({ catalog: blocking(id) }, grant('g', 9), report(id, value), wait(days * DAY)).when(submit('a', 1)),
      );
    expect([after('storage', 10, 0), after('storage', 10, 40), after('storage', 9, 0)]).toEqual([
      'usage_limit_exceeded',
      'usage_limit_exceeded',
      'reserved',
    ]);
    expect([after('calls', 100, 0), after('calls', 100, 40)]).toEqual(['usage_limit_exceeded', 'reserved']);
    expect(codeOf(limited(report('storage', 10)).when(submit('a', 1)))).toBe('reserved');
  });
});
