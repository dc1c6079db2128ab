import { CALENDAR_MONTH } from '@tallystick/domain/kernel';
import {
  at,
  LedgerHarness,
  codeOf,
  complete,
  DAY,
  fail,
  given,
  givenUnder,
  grant,
  HOUR,
  START,
  submit,
  TICK,
  wait,
  type TestCommand,
  type HarnessStep,
} from '../../support/ledger-harness';
import { LIMITED, PLAIN } from '../../support/catalogs';
import { billingPeriod } from '../state/billing-terms';

const cap = (credits?: number, projectId = 'p1'): TestCommand => ({
  type: 'SetBudgetCap',
  target: { projectId },
  credits,
});
const plan = (plan?: string, anchor?: string): TestCommand => ({ type: 'SetPlan', plan, anchor });

describe('budget caps', () => {
  const capped = (credits: number) => given(grant('g', 1000), cap(credits));

  test('a cap is the most a project may reserve and consume in a period, up to the last credit', () => {
    const harness = capped(10).run(submit('a', 4), complete('a'), submit('b', 5));
    expect(harness.when(submit('c', 2)).answer).toMatchObject({
      refusal: { code: 'budget_cap_exceeded', required: 2, maximum: 10, used: 9 },
    });
    expect(codeOf(harness.when(submit('c', 1)))).toBe('reserved');
  });

  test('refunds reduce the use of a cap: a failure, an estimate too high, a time-out', () => {
    const harness = capped(10).run(submit('a', 10), fail('a'), submit('b', 10), complete('b', 2), submit('c', 8));
    expect(codeOf(harness.when(submit('d', 1)))).toBe('budget_cap_exceeded');
    expect(codeOf(harness.run(wait(2 * HOUR)).when(submit('d', 8)))).toBe('reserved');
  });

  test('a surplus beyond the cap is consumed, and blocks only later jobs', () => {
    const harness = capped(10).run(submit('a', 9));
    expect(harness.when(complete('a', 15)).answer).toMatchObject({ consumed: 15 });
    expect(harness.when(submit('b', 1)).answer).toMatchObject({ refusal: { used: 15 } });
  });

  test('what is written off is not counted, a late completion is', () => {
    const harness = given(grant('g', 10), cap(10), submit('a', 10), wait(2 * HOUR), TICK);
    expect(harness.state.spent.get('project/p1')).toMatchObject({ value: 0 });
    harness.run(complete('a', 12));
    expect(harness.state.spent.get('project/p1')).toMatchObject({ value: 10 });
  });

  test('another project has its own', () => {
    expect(codeOf(capped(1).when(submit('a', 2, { projectId: 'p2' })))).toBe('reserved');
  });

  test('a key’s cap works the same way, within its project’s', () => {
    const harness = capped(10).run({ type: 'SetBudgetCap', target: { apiKeyId: 'k1' }, credits: 3 });
    expect(codeOf(harness.when(submit('a', 4, { apiKeyId: 'k1' })))).toBe('budget_cap_exceeded');
    expect(codeOf(harness.when(submit('a', 3, { apiKeyId: 'k1' })))).toBe('reserved');
    expect(codeOf(harness.when(submit('b', 7, { apiKeyId: 'k2' })))).toBe('reserved');
    expect(codeOf(harness.when(submit('c', 1, { apiKeyId: 'k2' })))).toBe('budget_cap_exceeded');
    expect(codeOf(harness.run(fail('b')).when(submit('c', 1, { apiKeyId: 'k1' })))).toBe('budget_cap_exceeded');
  });

  test('a new period starts from zero', () => {
    const harness = capped(10).run(submit('a', 10), complete('a'), wait(10 * DAY));
    expect(codeOf(harness.when(submit('b', 10)))).toBe('reserved');
  });

  test('a refund counts in the period in which its reservation was made', () => {
    const harness = given(grant('g', 1000), cap(10), wait(9 * DAY + 14 * HOUR), submit('a', 8), wait(45 * 60_000));
    harness.run(submit('b', 10), fail('a'));
    expect(harness.state.spent.get('project/p1')).toEqual({ period: '2026-12-01T00:00:00.000Z', value: 10 });
  });

  test('is set and removed by one event each', () => {
    const harness = given(grant('g', 10), cap(1));
    expect(harness.when(cap(1)).events).toEqual([]);
    expect(harness.when(cap(undefined)).types).toEqual(['BudgetCapSet']);
    expect(codeOf(harness.when(submit('a', 10)))).toBe('reserved');
    expect(codeOf(harness.when(cap(-1)))).toBe('invalid_command');
  });

  test('a project without a cap has the catalog’s default, if there is one', () => {
    const catalog = { ...PLAIN, defaults: { ...PLAIN.defaults, budgetCap: 5 } };
    const harness = givenUnder({ catalog }, grant('g', 100), cap(7, 'p2'));
    expect(codeOf(harness.when(submit('a', 6)))).toBe('budget_cap_exceeded');
    expect(codeOf(harness.when(submit('a', 6, { projectId: 'p2' })))).toBe('reserved');
  });
});

describe('billing periods', () => {
  const periodOf = (harness: LedgerHarness) => billingPeriod(harness.state, harness.now).start;

  test('the calendar month without a subscription, then anchored to its day', () => {
    const harness = given();
    expect(periodOf(harness)).toBe('2026-11-01T00:00:00.000Z');
    expect(periodOf(harness.run(plan('small')))).toBe(START);
    expect(periodOf(harness.run(wait(30 * DAY)))).toBe('2026-12-21T09:30:00.000Z');
  });

  test('a change of plan keeps the anchor, a new subscription starts a new one', () => {
    const harness = given(plan('small'), wait(DAY), plan('large'));
    expect(harness.state.anchor).toEqual({ start: START, length: 'month' });
    harness.run(plan(undefined), wait(DAY), plan('small'));
    expect(harness.state.anchor.start).toBe(at(2 * DAY));
  });

  test('a plan counted in days', () => {
    expect(periodOf(given(plan('thirty'), wait(30 * DAY)))).toBe(at(30 * DAY));
  });

  test('periods only move forward: ending a subscription does not reopen a past period', () => {
    const harness = given(grant('g', 100), cap(10), plan('small'), wait(DAY), submit('a', 6), plan(undefined));
    expect(harness.state.anchor).toEqual(CALENDAR_MONTH);
    expect(billingPeriod(harness.state, harness.now)).toEqual({
      start: at(DAY),
      end: '2026-12-01T00:00:00.000Z',
    });
    harness.run(submit('b', 10));
    expect(codeOf(harness.when(submit('c', 1)))).toBe('budget_cap_exceeded');
    expect(codeOf(harness.run(fail('a')).when(submit('c', 1)))).toBe('budget_cap_exceeded');
    expect(periodOf(harness.run(wait(10 * DAY)))).toBe('2026-12-01T00:00:00.000Z');
  });
});

describe('usage limits', () => {
  const limited = (...steps: HarnessStep[]) => givenUnder({ catalog: LIMITED }, grant('g', 1000), ...steps);
  const report = (limit: string, value: number, more: object = {}): TestCommand => ({
    type: 'ReportUsage',
    limit,
    value,
    ...more,
  });

  test('requests are counted by reservations, and the maximum blocks jobs even when credits remain', () => {
    const harness = limited(submit('a', 1), submit('b', 1, { projectId: 'p2' }), submit('c', 1, { projectId: 'p2' }));
    expect(harness.when(submit('d', 1)).answer).toMatchObject({
      refusal: { code: 'usage_limit_exceeded', limit: 'requests', maximum: 3, used: 3 },
    });
  });

  test('a project’s limit counts that project alone', () => {
    const harness = limited(submit('a', 1), submit('b', 1));
    expect(harness.when(submit('c', 1)).answer).toMatchObject({
      refusal: { limit: 'projectRequests', used: 2 },
    });
    expect(codeOf(harness.when(submit('c', 1, { projectId: 'p2' })))).toBe('reserved');
  });

  test('a failed or timed-out job does not count, a completed one does', () => {
    const harness = limited(submit('a', 1), submit('b', 1), fail('a'), complete('b', 0));
    expect(codeOf(harness.when(submit('c', 1)))).toBe('reserved');
    expect(codeOf(harness.when(submit('d', 1)))).toBe('usage_limit_exceeded');
    expect(codeOf(harness.run(wait(2 * HOUR)).when(submit('d', 1)))).toBe('reserved');
    expect(codeOf(harness.run(complete('c')).when(submit('e', 1)))).toBe('usage_limit_exceeded');
  });

  test('a new period starts from zero', () => {
    const harness = limited(submit('a', 1), submit('b', 1), wait(10 * DAY));
    expect(codeOf(harness.when(submit('c', 1)))).toBe('reserved');
  });

  test('an upgrade counts at once', () => {
    const harness = limited(submit('a', 1), submit('b', 1), plan('large'));
    expect(codeOf(harness.when(submit('c', 1)))).toBe('reserved');
  });

  test('a reported limit with blocksJobs blocks jobs at its maximum', () => {
    const limits = new Map([...LIMITED.limits].map(([id, limit]) => [id, { ...limit, blocksJobs: id === 'storage' }]));
    const harness = givenUnder(
      { catalog: { ...LIMITED, limits } },
      grant('g', 10),
      report('storage', 9.5),
      report('templates', 3, { projectId: 'p1' }),
    );
    expect(codeOf(harness.when(submit('a', 1)))).toBe('reserved');
    harness.run(report('storage', 10));
    expect(harness.when(submit('b', 1)).answer).toMatchObject({
      refusal: { limit: 'storage', maximum: 10, used: 10 },
    });
  });

  const countOf = (harness: LedgerHarness, key: string) => harness.state.reported.get(key)?.value;

  test('a gauge is its latest value, though reports come twice or late', () => {
    const harness = limited(report('storage', 5), wait(HOUR), report('storage', 7));
    expect(harness.when(report('storage', 7)).events).toEqual([]);
    expect(harness.when(report('storage', 9, { occurredAt: at(HOUR / 2) })).events).toEqual([]);
    expect(countOf(harness.run(report('storage', 3)), 'storage')).toBe(3);
  });

  test('a counter is the sum so far in its period', () => {
    const harness = limited(report('calls', 5), report('calls', 4), report('calls', 5));
    expect(harness.stored.filter((text) => text.includes('UsageReported'))).toHaveLength(1);
    harness.run(wait(10 * DAY), report('calls', 2));
    expect(countOf(harness, 'calls')).toBe(2);
    expect(harness.when(report('calls', 50, { occurredAt: START })).events).toEqual([]);
  });

  test.each([
    ['limit', report('nothing', 1)],
    ['limit', report('requests', 1)],
    ['projectId', report('templates', 1)],
    ['value', report('storage', NaN)],
    ['value', report('storage', -1)],
  ])('a report without a proper %s is refused', (field, command) => {
    expect(limited().when(command).answer).toMatchObject({ refusal: { code: 'invalid_command', field } });
  });
});
