import {
  at,
  complete,
  DAY,
  draw,
  fail,
  given,
  givenUnder,
  grant,
  HOUR,
  MINUTE,
  revoke,
  START,
  submit,
  TICK,
  wait,
  type TestCommand,
} from '../../support/ledger-harness';
import { facts, NOVEMBER, onDemand, reservation, ofJob, mine } from '../../support/whole-events';
import { LIMITED, PLAIN } from '../../support/catalogs';
import { forgetSettled } from '../state/evolve';

// Complete events: a missing member cannot be added later.

describe('a grant', () => {
  test('given with everything', () => {
    const result = given().when(
      grant('g', 7, { kind: 'package', scope: ['draw'], expiresAt: at(DAY), reason: 'gift' }),
    );
    expect(facts(result)).toEqual([
      [
        'CreditsGranted',
        { grantId: 'g', kind: 'package', credits: 7, scope: ['draw'], expiresAt: at(DAY), reason: 'gift' },
      ],
    ]);
    expect(result.answer).toEqual({ kind: 'done' });
  });

  test('revoked: what is available', () => {
    const result = given(grant('g', 10), submit('j', 4)).when({
      ...revoke('g'),
      reason: 'by mistake',
    } as TestCommand);
    expect(facts(result)).toEqual([['CreditsRevoked', { grantId: 'g', credits: 6, reason: 'by mistake' }]]);
    expect(result.answer).toEqual({ kind: 'done' });
  });

  test('revoked again: done before, nothing stored', () => {
    const harness = given(grant('g', 10), revoke('g'));
    const result = harness.when(revoke('g'));
    expect([result.events, result.answer]).toEqual([
      [],
      { kind: 'done', repeated: expect.objectContaining({ revision: 1 }) },
    ]);
  });

  test('trial at the first use', () => {
    const result = given().when(submit('j', 0, { job: draw }));
    expect(facts(result)[0]).toEqual([
      'CreditsGranted',
      { grantId: 'trial:draw', kind: 'trial', credits: 20, scope: ['draw'], reason: 'first use' },
    ]);
  });

  test('trial of the default operation, which the submission does not name', () => {
    const harness = givenUnder({ catalog: { ...PLAIN, defaultOperation: 'draw' } });
    expect(harness.when(submit('j', 0, { job: {} })).types).toEqual(['CreditsGranted', 'CreditsReserved']);
    expect(harness.when(submit('j', 0, { job: {} })).answer).toMatchObject({ repeated: { revision: 2 } });
    expect(harness.when(submit('j', 0, { job: draw })).answer).toMatchObject({ repeated: { revision: 2 } });
  });
});

describe('a grant that ends while jobs hold it', () => {
  const draws = (credits: number) => [{ grantId: 'g', kind: 'top-up', credits }];
  const refund = (jobId: string, credits: number) => [
    'CreditsRefunded',
    { ...ofJob(jobId), credits, draws: draws(credits), reason: 'failed' },
  ];

  test('by its expiry: each job’s part expires when it comes back', () => {
    const harness = given(grant('g', 10, { expiresAt: at(30 * MINUTE) }), mine('a', 3), mine('b', 4));
    expect(facts(harness.run(wait(40 * MINUTE)).when(TICK))).toEqual([
      ['CreditsExpired', { grantId: 'g', credits: 3 }],
    ]);
    expect(facts(harness.when(TICK))).toEqual([]);
    for (const [jobId, credits] of [
      ['a', 3],
      ['b', 4],
    ] as const)
      expect(facts(harness.when(fail(jobId)))).toEqual([
        refund(jobId, credits),
        ['CreditsExpired', { grantId: 'g', credits, jobId }],
      ]);
    expect(harness.state.nextExpiry).toBeUndefined();
  });

  test('by a revocation: its expiry moves nothing, and refunded credits are revoked', () => {
    const harness = given(
      grant('g', 10, { expiresAt: at(30 * MINUTE) }),
      mine('a', 3),
      revoke('g'),
      grant('h', 5, { expiresAt: at(40 * MINUTE) }),
      wait(50 * MINUTE),
    );
    expect(facts(harness.when(TICK))).toEqual([['CreditsExpired', { grantId: 'h', credits: 5 }]]);
    expect(facts(harness.when(fail('a')))).toEqual([
      refund('a', 3),
      ['CreditsRevoked', { grantId: 'g', credits: 3, jobId: 'a', reason: 'grant revoked' }],
    ]);
  });

  test('by the end of the job it was granted to: revoked as not used', () => {
    const harness = given(onDemand, submit('j', 10, { apiKeyId: 'k1' }));
    expect(facts(harness.when(fail('j')))[1]).toEqual([
      'CreditsRevoked',
      { grantId: 'payg:j', credits: 10, jobId: 'j', reason: 'not used' },
    ]);
  });

  test('a revoked trial does not expire when a subscription starts', () => {
    const harness = given(submit('j', 0, { job: draw }), revoke('trial:draw'));
    expect(harness.when({ type: 'SetPlan', plan: 'small' }).types).toEqual(['PeriodClosed', 'PlanSet']);
  });

  test('a trial that the catalog does not end with a plan stays', () => {
    const trials = PLAIN.trials.map((trial) => ({ ...trial, expiresOnPlan: false }));
    const harness = givenUnder({ catalog: { ...PLAIN, trials } }, submit('j', 0, { job: draw }));
    expect(harness.when({ type: 'SetPlan', plan: 'small' }).types).toEqual(['PeriodClosed', 'PlanSet']);
  });

  test('trials end at the first subscription, also if the catalog has a default plan', () => {
    const harness = givenUnder({ catalog: LIMITED }, submit('j', 0, { job: draw }), wait(MINUTE));
    expect(facts(harness.when({ type: 'SetPlan', plan: 'large' }))).toEqual([
      ['PeriodClosed', { start: NOVEMBER, end: at(MINUTE) }],
      ['PlanSet', { plan: 'large', anchor: at(MINUTE) }],
      ['CreditsExpired', { grantId: 'trial:draw', credits: 18 }],
    ]);
  });
});

describe('an organization', () => {
  test.each<[string, TestCommand, unknown]>([
    ['SetOverage', onDemand, ['OverageSet', { overage: 'pay-as-you-go' }]],
    [
      'SetBudgetCap',
      { type: 'SetBudgetCap', target: { apiKeyId: 'k' }, credits: 0 },
      ['BudgetCapSet', { target: { apiKeyId: 'k' }, credits: 0 }],
    ],
    [
      'ChangeSettings',
      { type: 'ChangeSettings', settings: { retentionDays: 'off' } },
      ['SettingsChanged', { settings: { retentionDays: 'off' } }],
    ],
    ['CloseJobWindow', { type: 'CloseJobWindow' }, ['JobWindowClosed', { before: at(-35 * DAY) }]],
    ['SealHistory', { type: 'SealHistory', upTo: 0, digest: 'd' }, ['HistorySealed', { upTo: 0, digest: 'd' }]],
  ])('%s', (_, command, fact) => {
    const harness = given();
    const first = harness.when(command);
    expect([facts(first), first.answer]).toEqual([[fact], { kind: 'done' }]);
    const again = harness.when(command);
    expect([again.events, again.answer]).toEqual([[], { kind: 'done' }]);
  });

  test('SetPlan closes the period that it cuts', () => {
    const harness = given();
    const command = { type: 'SetPlan', plan: 'thirty' } as const;
    expect(facts(harness.when(command))).toEqual([
      ['PeriodClosed', { start: NOVEMBER, end: START }],
      ['PlanSet', { plan: 'thirty', anchor: START, periodDays: 30 }],
    ]);
    expect(harness.when(command)).toMatchObject({ events: [], answer: { kind: 'done' } });
  });

  test('ends its subscription: no plan, no anchor, no overage of a subscriber', () => {
    const harness = given({ type: 'SetPlan', plan: 'small' }, { type: 'SetOverage', overage: 'auto' });
    expect(facts(harness.when({ type: 'SetPlan' }))).toEqual([
      ['PlanSet', {}],
      ['OverageSet', { overage: 'none' }],
    ]);
  });

  test.each([
    ['pay-as-you-go', { type: 'SetPlan', plan: 'small' }, 'pay-as-you-go', ['PeriodClosed', 'PlanSet', 'OverageSet']],
    ['no overage', { type: 'SetPlan', plan: 'small' }, 'none', ['PeriodClosed', 'PlanSet']],
  ] as const)('with %s subscribes', (_, command, overage, types) => {
    expect(given({ type: 'SetOverage', overage }).when(command).types).toEqual(types);
  });

  test('a change between plans keeps auto overage', () => {
    const harness = given({ type: 'SetPlan', plan: 'small' }, { type: 'SetOverage', overage: 'auto' });
    expect(harness.when({ type: 'SetPlan', plan: 'large' }).types).toEqual(['PlanSet']);
    expect(harness.state.overage).toBe('auto');
  });
});

describe('removed jobs', () => {
  test('a late failure of a removed job leaves it refunded once', () => {
    const harness = given(grant('g', 10), mine('j', 6), wait(2 * HOUR), TICK);
    const settled = structuredClone(harness.state.settled.get('j')!);
    forgetSettled(harness.state, 3);
    harness.when({ ...fail('j'), settled } as TestCommand);
    expect(harness.state.settled.get('j')).toEqual({
      reservation: reservation('j', 6),
      revision: 2,
      expiresAt: at(HOUR),
      status: 'refunded',
      consumed: 0,
      refunded: 6,
      writtenOff: 0,
      endRevision: 4,
      endedAt: at(2 * HOUR),
    });
  });

  test('jobs are removed up to a revision, which the state keeps; later ones stay', () => {
    const harness = given(grant('g', 10), mine('a', 1), mine('b', 1), complete('a'), complete('b')); // 2 to 5
    harness.run(fail('a'), fail('b')); // contradictions: 6 and 7
    const known = () => [[...harness.state.settled.keys()], [...harness.state.contradicted.keys()]];
    expect(harness.state.forgottenUpTo).toBe(-1);
    forgetSettled(harness.state, 3);
    expect([known(), harness.state.forgottenUpTo]).toEqual([
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
      -1,
    ]);
    forgetSettled(harness.state, 4);
    expect([known(), harness.state.forgottenUpTo]).toEqual([[['b'], ['a', 'b']], 4]);
    forgetSettled(harness.state, 6);
    expect([known(), harness.state.forgottenUpTo]).toEqual([[[], ['b']], 6]);
    forgetSettled(harness.state, 7);
    expect([known(), harness.state.forgottenUpTo]).toEqual([[[], []], 7]);
    forgetSettled(harness.state, 9);
    expect(harness.state.forgottenUpTo).toBe(7);
  });
});
