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
import { facts, ids, onDemand, reservation, ofJob, mine } from '../../support/whole-events';
import { LIMITED, PLAIN } from '../../support/catalogs';
import { forgetSettled } from '../state/evolve';

// Whole events, member by member: a member that is missing cannot be added later.

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
    const books = given(grant('g', 10), revoke('g'));
    const result = books.when(revoke('g'));
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
    const books = givenUnder({ catalog: { ...PLAIN, defaultOperation: 'draw' } });
    expect(books.when(submit('j', 0, { job: {} })).types).toEqual(['CreditsGranted', 'CreditsReserved']);
    expect(books.when(submit('j', 0, { job: {} })).answer).toMatchObject({ repeated: { revision: 2 } });
    expect(books.when(submit('j', 0, { job: draw })).answer).toMatchObject({ repeated: { revision: 2 } });
  });
});

describe('a grant that ends while jobs hold it', () => {
  const draws = (credits: number) => [{ grantId: 'g', kind: 'top-up', credits }];
  const refund = (jobId: string, credits: number) => [
    'CreditsRefunded',
    { ...ofJob(jobId), credits, draws: draws(credits), reason: 'failed' },
  ];

  test('by its expiry: each job’s part expires when it comes back', () => {
    const books = given(grant('g', 10, { expiresAt: at(30 * MINUTE) }), mine('a', 3), mine('b', 4));
    expect(facts(books.run(wait(40 * MINUTE)).when(TICK))).toEqual([['CreditsExpired', { grantId: 'g', credits: 3 }]]);
    expect(facts(books.when(TICK))).toEqual([]);
    for (const [jobId, credits] of [
      ['a', 3],
      ['b', 4],
    ] as const)
      expect(facts(books.when(fail(jobId)))).toEqual([
        refund(jobId, credits),
        ['CreditsExpired', { grantId: 'g', credits, jobId }],
      ]);
    expect(books.state.nextExpiry).toBeUndefined();
  });

  test('by a revocation: its expiry moves nothing any more, and what comes back is revoked', () => {
    const books = given(
      grant('g', 10, { expiresAt: at(30 * MINUTE) }),
      mine('a', 3),
      revoke('g'),
      grant('h', 5, { expiresAt: at(40 * MINUTE) }),
      wait(50 * MINUTE),
    );
    expect(facts(books.when(TICK))).toEqual([['CreditsExpired', { grantId: 'h', credits: 5 }]]);
    expect(facts(books.when(fail('a')))).toEqual([
      refund('a', 3),
      ['CreditsRevoked', { grantId: 'g', credits: 3, jobId: 'a', reason: 'grant revoked' }],
    ]);
  });

  test('by a job’s end, where it is the job’s own: revoked as not used', () => {
    const books = given(onDemand, submit('j', 10, { apiKeyId: 'k1' }));
    expect(facts(books.when(fail('j')))[1]).toEqual([
      'CreditsRevoked',
      { grantId: 'payg:j', credits: 10, jobId: 'j', reason: 'not used' },
    ]);
  });

  test('a trial that was revoked does not expire with a subscription on top of it', () => {
    const books = given(submit('j', 0, { job: draw }), revoke('trial:draw'));
    expect(books.when({ type: 'SetPlan', plan: 'small' }).types).toEqual(['PlanSet']);
  });

  test('a trial that the catalog does not end with a plan stays', () => {
    const trials = PLAIN.trials.map((trial) => ({ ...trial, expiresOnPlan: false }));
    const books = givenUnder({ catalog: { ...PLAIN, trials } }, submit('j', 0, { job: draw }));
    expect(books.when({ type: 'SetPlan', plan: 'small' }).types).toEqual(['PlanSet']);
  });

  test('trials end at the first subscription though the catalog has a default plan', () => {
    const books = givenUnder({ catalog: LIMITED }, submit('j', 0, { job: draw }), wait(MINUTE));
    expect(facts(books.when({ type: 'SetPlan', plan: 'large' }))).toEqual([
      ['PlanSet', { plan: 'large', anchor: at(MINUTE) }],
      ['CreditsExpired', { grantId: 'trial:draw', credits: 18 }],
    ]);
  });
});

describe('an organization', () => {
  test.each<[string, TestCommand, unknown]>([
    ['SetPlan', { type: 'SetPlan', plan: 'thirty' }, ['PlanSet', { plan: 'thirty', anchor: START, periodDays: 30 }]],
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
    const books = given();
    const first = books.when(command);
    expect([facts(first), first.answer]).toEqual([[fact], { kind: 'done' }]);
    const again = books.when(command);
    expect([again.events, again.answer]).toEqual([[], { kind: 'done' }]);
  });

  test('ends its subscription: no plan, no anchor, no overage of a subscriber', () => {
    const books = given({ type: 'SetPlan', plan: 'small' }, { type: 'SetOverage', overage: 'auto' });
    expect(facts(books.when({ type: 'SetPlan' }))).toEqual([
      ['PlanSet', {}],
      ['OverageSet', { overage: 'none' }],
    ]);
  });

  test.each([
    ['pay-as-you-go', { type: 'SetPlan', plan: 'small' }, 'pay-as-you-go', ['PlanSet', 'OverageSet']],
    ['no overage', { type: 'SetPlan', plan: 'small' }, 'none', ['PlanSet']],
  ] as const)('with %s subscribes', (_, command, overage, types) => {
    expect(given({ type: 'SetOverage', overage }).when(command).types).toEqual(types);
  });

  test('a change between plans keeps auto overage', () => {
    const books = given({ type: 'SetPlan', plan: 'small' }, { type: 'SetOverage', overage: 'auto' });
    expect(books.when({ type: 'SetPlan', plan: 'large' }).types).toEqual(['PlanSet']);
    expect(books.state.overage).toBe('auto');
  });

  test('opened with a plan: both events carry the command’s ids', () => {
    const books = given();
    books.stored.length = 0;
    Object.assign(books.state, { opened: false });
    const result = books.when({ type: 'OpenOrganization', currency: 'EUR', plan: 'small', ...ids });
    expect(facts(result)).toEqual([
      ['OrganizationOpened', { currency: 'EUR' }],
      ['PlanSet', { plan: 'small', anchor: START }],
    ]);
    expect(result.events.map(({ metadata }) => metadata)).toEqual([
      expect.objectContaining(ids),
      expect.objectContaining(ids),
    ]);
    expect(result.answer).toEqual({ kind: 'done' });
  });
});

describe('what is forgotten', () => {
  test('a late failure of a forgotten job leaves it as it was, refunded once', () => {
    const books = given(grant('g', 10), mine('j', 6), wait(2 * HOUR), TICK);
    const settled = structuredClone(books.state.settled.get('j')!);
    forgetSettled(books.state, 3);
    books.when({ ...fail('j'), settled } as TestCommand);
    expect(books.state.settled.get('j')).toEqual({
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

  test('up to a revision, which the state remembers: what came later stays', () => {
    const books = given(grant('g', 10), mine('a', 1), mine('b', 1), complete('a'), complete('b')); // 2 to 5
    books.run(fail('a'), fail('b')); // contradictions: 6 and 7
    const known = () => [[...books.state.settled.keys()], [...books.state.contradicted.keys()]];
    expect(books.state.forgottenUpTo).toBe(-1);
    forgetSettled(books.state, 3);
    expect([known(), books.state.forgottenUpTo]).toEqual([
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
      -1,
    ]);
    forgetSettled(books.state, 4);
    expect([known(), books.state.forgottenUpTo]).toEqual([[['b'], ['a', 'b']], 4]);
    forgetSettled(books.state, 6);
    expect([known(), books.state.forgottenUpTo]).toEqual([[[], ['b']], 6]);
    forgetSettled(books.state, 7);
    expect([known(), books.state.forgottenUpTo]).toEqual([[[], []], 7]);
    forgetSettled(books.state, 9);
    expect(books.state.forgottenUpTo).toBe(7);
  });
});
