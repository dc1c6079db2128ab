import {
  codeOf,
  draw,
  given,
  givenUnder,
  grant,
  LedgerHarness,
  START,
  submit,
  type TestCommand,
} from '../../support/ledger-harness';
import { PLAIN } from '../../support/catalogs';

const plan = (plan?: string, anchor?: string): TestCommand => ({ type: 'SetPlan', plan, anchor });

describe('plan and overage', () => {
  test('each change is recorded once', () => {
    const harness = given(plan('small'), { type: 'SetOverage', overage: 'auto' });
    expect(harness.when(plan('small')).events).toEqual([]);
    expect(harness.when(plan('small', START)).events).toEqual([]);
    expect(harness.when({ type: 'SetOverage', overage: 'auto' }).events).toEqual([]);
    expect(harness.run(plan(undefined)).when(plan(undefined)).events).toEqual([]);
  });

  test('auto overage ends with its plan, pay-as-you-go with the first plan', () => {
    const harness = given(plan('small'), { type: 'SetOverage', overage: 'auto' });
    expect(harness.when(plan(undefined)).types).toEqual(['PlanSet', 'OverageSet']);
    harness.run({ type: 'SetOverage', overage: 'pay-as-you-go' }, plan('small'));
    expect(harness.state.overage).toBe('none');
  });

  test.each([
    ['plan known', new LedgerHarness().run({ type: 'OpenOrganization', currency: 'USD' }), plan('none such')],
    ['overage plan', given(), { type: 'SetOverage', overage: 'auto' }],
    [
      'overage currency',
      new LedgerHarness().run({ type: 'OpenOrganization', currency: 'EUR' }),
      { type: 'SetOverage', overage: 'pay-as-you-go' },
    ],
    [
      'overage offered',
      givenUnder({ catalog: { ...PLAIN, overage: undefined } }),
      { type: 'SetOverage', overage: 'pay-as-you-go' },
    ],
  ] as [string, LedgerHarness, TestCommand][])('%s: refused with the reason', (rule, harness, command) => {
    expect(harness.when(command).answer).toMatchObject({
      refusal: { code: 'invalid_command', field: rule.split(' ')[0], rule: rule.split(' ')[1] },
    });
  });
});

describe('a history', () => {
  const seal = (upTo: number): TestCommand => ({ type: 'SealHistory', upTo, digest: `of 0 to ${upTo}` });

  test('is sealed once, and again only up to a later revision', () => {
    const harness = given(grant('g', 10));
    const before = JSON.stringify(harness.state.balance);
    expect(harness.when(seal(1)).events).toMatchObject([
      { type: 'HistorySealed', data: { upTo: 1, digest: 'of 0 to 1' } },
    ]);
    expect([seal(1), seal(0)].map((again) => harness.when(again))).toMatchObject([
      { events: [], answer: { kind: 'done' } },
      { events: [], answer: { kind: 'done' } },
    ]);
    expect(harness.when(seal(2)).types).toEqual(['HistorySealed']);
    expect(JSON.stringify(harness.state.balance)).toBe(before);
  });

  test('of an organization that is not open is not sealed', () => {
    expect(codeOf(new LedgerHarness().when(seal(1)))).toBe('unknown_organization');
  });
});

describe('opening and settings', () => {
  test('an organization is opened once', () => {
    const harness = new LedgerHarness();
    const open: TestCommand = { type: 'OpenOrganization', currency: 'USD' };
    expect(harness.when(open).types).toEqual(['OrganizationOpened']);
    expect(harness.when(open)).toMatchObject({
      answer: { kind: 'done', repeated: { revision: 0 } },
      events: [],
    });
  });

  test('its currency is one that the catalog has prices in; a catalog without prices takes any', () => {
    const open: TestCommand = { type: 'OpenOrganization', currency: 'JPY' };
    expect(new LedgerHarness().when(open).answer).toMatchObject({
      refusal: { code: 'invalid_command', field: 'currency', message: expect.stringContaining('USD, EUR') },
    });
    expect(new LedgerHarness({ catalog: { ...PLAIN, currencies: new Map() } }).when(open).types).toEqual([
      'OrganizationOpened',
    ]);
  });

  test('the retention of one project leaves those of the others as they are', () => {
    const set = (projectId: string, days?: number | 'off') =>
      ({ type: 'SetProjectRetention', projectId, days }) as const;
    const harness = given(set('a', 1), set('b', 'off'), set('c', 0));
    expect(harness.state.settings).toEqual({ projectRetentionDays: { a: 1, b: 'off', c: 0 } });
    expect(harness.when(set('a', 1)).events).toEqual([]);
    expect(harness.when(set('unknown')).events).toEqual([]);
    expect(harness.when(set('b')).events.map(({ data }) => data)).toEqual([
      { settings: { projectRetentionDays: { a: 1, c: 0 } } },
    ]);
    expect(harness.when(set('__proto__', 3)).types).toEqual(['SettingsChanged']);
    expect(Object.keys(harness.state.settings.projectRetentionDays!)).toEqual(['a', 'c', '__proto__']);
  });

  test('settings: only changes are recorded', () => {
    const harness = given({
      type: 'ChangeSettings',
      settings: { retentionDays: 3, alertThresholds: [100, 20] },
    });
    expect(harness.when({ type: 'ChangeSettings', settings: { alertThresholds: [100, 20] } }).events).toEqual([]);
    harness.run({ type: 'ChangeSettings', settings: { alertThresholds: [] } });
    expect(harness.state.settings).toEqual({ retentionDays: 3, alertThresholds: [] });
  });

  test('the first use of an operation grants nothing in an organization that is not open', () => {
    expect(new LedgerHarness().when(submit('j', 0, { job: draw }))).toMatchObject({ events: [] });
  });
});
