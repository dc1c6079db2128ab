import {
  at,
  codeOf,
  complete,
  DAY,
  dataOf,
  draw,
  fail,
  given,
  grant,
  HOUR,
  places,
  revoke,
  START,
  submit,
  TICK,
  wait,
  givenUnder,
  type HarnessStep,
} from '../../support/ledger-harness';
import { LIMITED } from '../../support/catalogs';

const drawnBy = (harness: ReturnType<typeof given>, pages: number) =>
  dataOf(harness.when(submit('j', pages)), 'CreditsReserved')[0]!.draws.map(({ grantId }) => grantId);

describe('burn-down order', () => {
  test('the catalog’s order of kinds, independent of age and expiry', () => {
    const harness = given(
      grant('top-up', 1),
      grant('package', 1, { kind: 'package', expiresAt: at(DAY) }),
      grant('promotion', 1, { kind: 'promotional' }),
      grant('trial', 1, { kind: 'trial' }),
    );
    expect(drawnBy(harness, 4)).toEqual(['trial', 'promotion', 'package', 'top-up']);
  });

  test('within a kind the earliest expiry first, and grants without expiry last', () => {
    const harness = given(
      grant('never', 1),
      grant('later', 1, { expiresAt: at(2 * DAY) }),
      grant('sooner', 1, { expiresAt: at(DAY) }),
    );
    expect(drawnBy(harness, 3)).toEqual(['sooner', 'later', 'never']);
  });

  test('then the oldest, then the id', () => {
    const harness = given(grant('z', 1), wait(1), grant('b', 1), grant('a', 1));
    expect(drawnBy(harness, 3)).toEqual(['z', 'a', 'b']);
  });

  test('a grant that a refund fills again has its former position', () => {
    const harness = given(grant('first', 5), wait(1), grant('second', 5));
    harness.run(submit('x', 5), fail('x'));
    expect(drawnBy(harness, 6)).toEqual(['first', 'second']);
  });
});

describe('giving', () => {
  test('the same grant is given once, and a repetition gets the same answer', () => {
    const harness = given(grant('g', 10));
    expect(harness.when(grant('g', 10))).toMatchObject({
      answer: { kind: 'done', repeated: { revision: 1 } },
      events: [],
    });
    expect(places(harness)).toEqual([10, 0, 0, 0, 0]);
  });

  test('also when it is used up, or expired', () => {
    const harness = given(grant('g', 10, { expiresAt: at(HOUR) }), submit('j', 10), complete('j'), wait(DAY));
    expect(harness.when(grant('g', 10, { expiresAt: at(HOUR) })).events).toEqual([]);
  });

  test.each(['invoice:i-1:0', 'trial:read', 'trial:draw', 'payg:j', 'surplus:j'])(
    'the id %s is kept for grants by a rule, also where there is such a grant',
    (id) => {
      const harness = given(submit('j', 0, { job: draw }));
      expect(harness.when(grant(id, 20, { kind: 'trial' })).answer).toMatchObject({
        refusal: { code: 'invalid_command', field: 'grantId', rule: 'reserved' },
      });
    },
  );

  test('a package has an end', () => {
    const answer = given().when(grant('g', 1, { kind: 'package' })).answer;
    expect(answer).toMatchObject({ refusal: { code: 'invalid_command', field: 'expiresAt', rule: 'required' } });
  });

  const scoped = { scope: ['read', 'draw'], expiresAt: at(HOUR) };
  test.each<[string, Parameters<typeof grant>[2] & { credits?: number }]>([
    ['amount', { ...scoped, credits: 11 }],
    ['kind', { ...scoped, kind: 'promotional' }],
    ['end', { ...scoped, expiresAt: at(2 * HOUR) }],
    ['end (none)', { scope: scoped.scope }],
    ['scope', { ...scoped, scope: ['read'] }],
    ['scope (none)', { expiresAt: scoped.expiresAt }],
  ])('another %s under the same id is a conflict', (_, { credits = 10, ...more }) => {
    const harness = given(grant('g', 10, scoped), grant('plain', 10));
    const { answer } = harness.when(grant('g', credits, more));
    expect(answer).toMatchObject({
      refusal: {
        code: 'grant_conflict',
        message: `Grant g was given before as 10 credits of kind top-up for read, draw, until ${scoped.expiresAt}. Use a new id for a new grant.`,
      },
    });
    const plain = harness.when(grant('plain', 11)).answer;
    expect(plain).toMatchObject({ refusal: { message: expect.stringContaining('for all operations, without end') } });
  });

  test('another reason, and operations in another order, are the same grant', () => {
    const harness = given(grant('g', 10, scoped));
    const again = grant('g', 10, { ...scoped, scope: ['draw', 'read', 'read'], reason: 'put otherwise' });
    expect(harness.when(again)).toMatchObject({ events: [], answer: { repeated: { revision: 1 } } });
  });

  test('a grant that an earlier version created under another id is a repetition', () => {
    const harness = given(grant('former', 10));
    const again = grant('new', 10, { formerGrantId: 'former' });
    expect(harness.when(again)).toMatchObject({ events: [], answer: { repeated: { revision: 1 } } });
    expect(codeOf(harness.when(grant('new', 11, { formerGrantId: 'former' })))).toBe('grant_conflict');
    expect(harness.when(grant('new', 10, { formerGrantId: 'unknown' })).events).toMatchObject([
      { data: { grantId: 'new' } },
    ]);
    expect(Object.keys(harness.when(grant('other', 1, { formerGrantId: 'unknown' })).events[0]!.data)).not.toContain(
      'formerGrantId',
    );
  });

  test.each([
    ['grantId id', grant('not an id', 1)],
    ['grantId reserved', grant('payg:j', 1)],
    ['grantId reserved', grant('surplus:j', 1)],
    ['credits range', grant('g', 0)],
    ['credits range', grant('g', 1.5)],
    ['credits range', grant('g', 1_000_000_001)],
    ['kind grantable', grant('g', 1, { kind: 'pay-as-you-go' })],
    ['expiresAt future', grant('g', 1, { expiresAt: START })],
    ['expiresAt future', grant('g', 1, { expiresAt: '2030-01-01' })],
    ['scope empty', grant('g', 1, { scope: [] })],
    ['scope operation', grant('g', 1, { scope: ['fly'] })],
  ])('%s: refused', (rule, command) => {
    expect(given().when(command).answer).toMatchObject({
      refusal: { code: 'invalid_command', field: rule.split(' ')[0], rule: rule.split(' ')[1] },
    });
  });

  test('an unknown grant cannot be revoked', () => {
    expect(codeOf(given().when(revoke('g')))).toBe('invalid_command');
  });
});

describe('scope', () => {
  test('a scoped grant is for its operations only', () => {
    const harness = given(grant('g', 10, { scope: ['draw'] }));
    expect(harness.when(submit('j', 1)).answer).toMatchObject({ refusal: { available: 0 } });
    expect(codeOf(harness.when(submit('k', 0, { job: draw })))).toBe('reserved');
  });

  test('nor does a surplus draw on another operation’s', () => {
    const harness = given(grant('g', 10, { scope: ['draw'] }), grant('h', 5), submit('j', 5));
    expect(harness.when(complete('j', 6)).answer).toMatchObject({ writtenOff: 1 });
  });
});

describe('expiry', () => {
  test('at its instant, not a millisecond earlier', () => {
    const harness = given(grant('g', 10, { expiresAt: at(HOUR) }));
    expect(harness.run(wait(HOUR - 1)).when(TICK).events).toEqual([]);
    expect(places(harness.run(wait(1), TICK))).toEqual([0, 0, 0, 10, 0]);
  });

  test('is applied before the next command, even if that is late', () => {
    const harness = given(grant('g', 10, { expiresAt: at(HOUR) }), wait(DAY));
    const result = harness.when(submit('j', 10));
    expect([codeOf(result), result.types]).toEqual(['insufficient_credits', ['CreditsExpired']]);
    expect(result.events[0]!.metadata.occurredAt).toBe(at(HOUR));
  });

  test('a renewal at the very end of the old grant expires it and gives the new one in one append', () => {
    const harness = given(
      grant('nov', 10, { kind: 'package', expiresAt: at(30 * DAY) }),
      submit('j', 4),
      complete('j'),
    );
    harness.run(wait(30 * DAY));
    expect(harness.when(grant('dec', 10, { kind: 'package', expiresAt: at(60 * DAY) })).types).toEqual([
      'CreditsExpired',
      'CreditsGranted',
    ]);
    expect(places(harness)).toEqual([10, 0, 4, 6, 0]);
  });

  test('a time-out before the expiry, both applied late: refunded, then expired with the rest', () => {
    const harness = given(grant('g', 10, { expiresAt: at(2 * HOUR) }), submit('j', 4), wait(DAY));
    expect(harness.when(TICK).types).toEqual(['CreditsRefunded', 'CreditsExpired']);
    expect(places(harness)).toEqual([0, 0, 0, 10, 0]);
  });

  test('a grant used up before its expiry does not block other expiries', () => {
    const harness = given(grant('g', 10, { expiresAt: at(HOUR) }), submit('j', 10), complete('j'));
    expect(harness.state.nextExpiry).toBeUndefined();
    expect(harness.run(wait(DAY)).when(submit('k', 0, { job: draw })).types).toEqual([
      'CreditsGranted',
      'CreditsReserved',
    ]);
  });
});

describe('trials', () => {
  test('given at the operation’s first use, for that operation, once', () => {
    const harness = given();
    const result = harness.when(submit('j', 0, { job: draw }));
    expect(dataOf(result, 'CreditsGranted')).toMatchObject([
      { grantId: 'trial:draw', kind: 'trial', credits: 20, scope: ['draw'] },
    ]);
    expect(harness.when(submit('k', 0, { job: draw })).types).toEqual(['CreditsReserved']);
  });

  test('granted even if the submission is then refused', () => {
    const harness = given({ type: 'SetBudgetCap', target: { projectId: 'p1' }, credits: 1 });
    const result = harness.when(submit('j', 0, { job: draw }));
    expect([codeOf(result), result.types]).toEqual(['budget_cap_exceeded', ['CreditsGranted']]);
  });

  test('invalid input does not count as use of the operation', () => {
    const job = { operation: 'draw', features: ['none such'] };
    expect(given().when(submit('j', 0, { job })).events).toEqual([]);
  });

  test('they end on subscribing to a plan', () => {
    const harness = given(submit('j', 0, { job: draw }), { type: 'SetPlan', plan: 'small' });
    expect(places(harness)).toEqual([0, 2, 0, 18, 0]);
    expect(harness.when(fail('j')).types).toEqual(['CreditsRefunded', 'CreditsExpired']);
  });

  test('but not on choosing pay-as-you-go', () => {
    const harness = given(submit('j', 0, { job: draw }), { type: 'SetOverage', overage: 'pay-as-you-go' });
    expect(places(harness)).toEqual([18, 2, 0, 0, 0]);
  });

  test('an operation first used after subscribing gets its trial, and keeps it through a change of plan', () => {
    const harness = given({ type: 'SetPlan', plan: 'small' }, submit('j', 0, { job: draw }));
    expect(places(harness)).toEqual([18, 2, 0, 0, 0]);
    expect(places(harness.run({ type: 'SetPlan', plan: 'large' }))).toEqual([18, 2, 0, 0, 0]);
  });

  test('nor does the free default plan end them', () => {
    const harness = givenUnder({ catalog: LIMITED }, submit('j', 0, { job: draw }));
    expect(places(harness.run({ type: 'SetPlan', plan: 'free' }))).toEqual([18, 2, 0, 0, 0]);
    expect(places(harness.run({ type: 'SetPlan', plan: 'large' }))).toEqual([0, 2, 0, 18, 0]);
  });
});

describe('pay-as-you-go and overage', () => {
  const onDemand = (...steps: HarnessStep[]) => given({ type: 'SetOverage', overage: 'pay-as-you-go' }, ...steps);

  test('never meets insufficient credits: what is missing is granted and reserved in one append', () => {
    const harness = onDemand(grant('g', 4));
    const result = harness.when(submit('j', 10));
    expect(result.types).toEqual(['CreditsGranted', 'CreditsReserved']);
    expect(result.answer).toMatchObject({
      draws: [
        { grantId: 'g', credits: 4 },
        { grantId: 'payg:j', kind: 'pay-as-you-go', credits: 6 },
      ],
    });
  });

  test('its refund revokes it in the same append: it never becomes balance', () => {
    const harness = onDemand(grant('g', 4), submit('j', 10));
    expect(harness.when(fail('j')).types).toEqual(['CreditsRefunded', 'CreditsRevoked']);
    expect(places(harness)).toEqual([4, 0, 0, 0, 6]);
  });

  test('unused credits of it are revoked as well; bought credits are used first', () => {
    const harness = onDemand(grant('g', 4), submit('j', 10), complete('j', 7));
    expect(places(harness)).toEqual([0, 0, 7, 0, 3]);
    expect(harness.state.balance.grants.size).toBe(0);
  });

  test('a time-out revokes it, and a late completion gets a new grant', () => {
    const harness = onDemand(submit('j', 10), wait(2 * HOUR), TICK);
    expect(places(harness)).toEqual([0, 0, 0, 0, 10]);
    expect(harness.when(complete('j')).answer).toMatchObject({ consumed: 10, writtenOff: 0 });
  });

  test('two jobs never share such a grant, with any job ids', () => {
    const harness = onDemand(submit('a', 1), submit('a:surplus', 1), submit('surplus:a', 1));
    harness.run(complete('a', 3), complete('a:surplus', 3), complete('surplus:a', 3));
    expect(places(harness)).toEqual([0, 0, 9, 0, 0]);
  });

  test('no other job draws on it', () => {
    const harness = onDemand(submit('j', 10));
    expect(harness.when(submit('k', 5)).answer).toMatchObject({ draws: [{ grantId: 'payg:k', credits: 5 }] });
  });
});
