import {
  at,
  LedgerHarness,
  codeOf,
  complete,
  DAY,
  dataOf,
  draw,
  fail,
  given,
  givenUnder,
  grant,
  heartbeat,
  HOUR,
  MINUTE,
  OPEN,
  places,
  revoke,
  START,
  submit,
  TICK,
  wait,
  type HarnessResult,
} from '../../support/ledger-harness';
import { PLAIN } from '../../support/catalogs';
import { refusalOf, cap, plan, report, limited } from '../../support/steps';
import { unscopedCredits } from '../state/balance';
import { BurnDown, split } from '../state/burn-down';
import { evolve } from '../state/evolve';
import { ledgerDecider, type Command, type LedgerEvent } from '..';

// Boundary values of the rules, and simultaneous events.

const message = expect.any(String);

describe('a heartbeat', () => {
  test.each([
    ['less than a tenth', 6 * MINUTE - 1, 0],
    ['exactly a tenth', 6 * MINUTE, 1],
  ])('that moves the deadline by %s of the time-out', (_, later, events) => {
    expect(given(grant('g', 9), submit('j', 1), wait(later)).when(heartbeat('j')).events).toHaveLength(events);
  });

  test('puts its job behind jobs with the same time-out and an earlier deadline', () => {
    const harness = given(
      grant('g', 9),
      submit('a', 1),
      wait(MINUTE),
      submit('b', 1),
      wait(30 * MINUTE),
      heartbeat('a'),
    );
    harness.run(wait(HOUR));
    expect(dataOf(harness.when(TICK), 'CreditsRefunded').map(({ jobId }) => jobId)).toEqual(['b', 'a']);
  });
});

describe('at one instant', () => {
  test('a job times out before its grant expires: its credits expire with the rest', () => {
    const harness = given(grant('g', 10, { expiresAt: at(HOUR) }), submit('j', 4), wait(HOUR));
    const result = harness.when(TICK);
    expect(result.types).toEqual(['CreditsRefunded', 'CreditsExpired']);
    expect(dataOf(result, 'CreditsExpired')).toEqual([{ grantId: 'g', credits: 10 }]);
  });

  test('of two jobs the one whose operation was used first times out first', () => {
    const harness = given(grant('g', 9), submit('slow', 1), wait(50 * MINUTE), submit('quick', 0, { job: draw }));
    harness.run(wait(10 * MINUTE));
    expect(dataOf(harness.when(TICK), 'CreditsRefunded').map(({ jobId }) => jobId)).toEqual(['slow', 'quick']);
  });

  test('all grants expire of all kinds in one append', () => {
    const harness = given(
      grant('a', 1, { expiresAt: at(HOUR) }),
      grant('b', 2, { expiresAt: at(HOUR), kind: 'package' }),
      grant('c', 3, { expiresAt: at(HOUR + 1) }),
      wait(2 * HOUR),
    );
    const { now } = harness;
    const due = ledgerDecider(harness.policy).due({ ...TICK, now } as Command, harness.state);
    expect(due.map(({ data }) => data)).toEqual([
      { grantId: 'a', credits: 1 },
      { grantId: 'b', credits: 2 },
    ]);
    expect(harness.state.nextExpiry).toBe(at(HOUR));
    expect(harness.run(TICK).state.nextExpiry).toBeUndefined();
  });

  test('an outcome remembered at exactly the closing time of the window is kept', () => {
    const harness = given(fail('kept'), wait(35 * DAY), { type: 'CloseJobWindow' });
    expect([...harness.state.early.keys()]).toEqual(['kept']);
    expect(harness.run(wait(1), { type: 'CloseJobWindow' }).state.early.size).toBe(0);
  });

  test('a job of exactly the closing time of the window is not stale', () => {
    const harness = given(grant('g', 9), { type: 'CloseJobWindow' });
    const longer = givenUnder({ jobWindowDays: 100 });
    longer.state = harness.state;
    const codes = [0, -1].map((moment) =>
      codeOf(longer.when(submit(`j${moment}`, 1, { occurredAt: at(-35 * DAY + moment) }))),
    );
    expect(codes).toEqual(['reserved', 'stale_job']);
  });
});

describe('the most', () => {
  test.each([
    ['jobs', { maxOpenJobs: 2 }, (id: string) => submit(id, 1), 'reserved'],
    ['outcomes that wait', { maxEarlyOutcomes: 2 }, (id: string) => fail(id), 'remembered'],
  ])('%s: as many as allowed', (_, policy, command, taken) => {
    const harness = givenUnder(policy, grant('g', 9));
    expect(['a', 'b', 'c'].map((id) => codeOf(harness.when(command(id))))).toEqual([taken, taken, 'too_many_jobs']);
  });

  test('credits of one grant, and of an organization', () => {
    expect([1_000_000_000, 1].map((credits) => codeOf(given().when(grant('g', credits))))).toEqual(['done', 'done']);
    const { state, policy, now } = given();
    state.balance.granted = Math.floor(Number.MAX_SAFE_INTEGER / 2) - 10;
    const answerTo = (credits: number) =>
      ledgerDecider(policy).decide({ ...grant('g', credits), now } as Command, state).answer;
    expect(answerTo(10)).toEqual({ kind: 'done' });
    expect(answerTo(11)).toEqual({
      kind: 'refused',
      refusal: { code: 'invalid_command', field: 'credits', rule: 'total', message },
    });
  });

  test.each([
    ['a cap', cap(0), submit('a', 1), { code: 'budget_cap_exceeded', required: 1, maximum: 0, used: 0, message }],
    ['credits', grant('g', 3), submit('a', 4), { code: 'insufficient_credits', required: 4, available: 3, message }],
  ])('%s: the refusal gives the numbers', (_, step, command, refusal) => {
    expect(refusalOf(given(step).when(command))).toEqual(refusal);
  });

  test('a limit of the plan: the refusal gives the numbers', () => {
    expect(refusalOf(limited(submit('a', 1), submit('b', 1)).when(submit('c', 1)))).toEqual({
      code: 'usage_limit_exceeded',
      limit: 'projectRequests',
      maximum: 2,
      used: 2,
      message,
    });
  });
});

describe('refusals name the field and the rule', () => {
  test.each<[string, HarnessResult, object]>([
    ['job_conflict', given(grant('g', 9), submit('j', 1)).when(submit('j', 2)), { field: 'id', rule: 'sameJob' }],
    ['grant_conflict', given(grant('g', 9)).when(grant('g', 8)), { field: 'grantId', rule: 'sameGrant' }],
    ['stale_job', given().when(submit('j', 1, { occurredAt: at(-36 * DAY) })), { field: 'id', rule: 'window' }],
    ['invalid_command', given().when(revoke('g')), { field: 'grantId', rule: 'known' }],
    ['invalid_command', given().when(cap(1.5)), { field: 'budgetCap', rule: 'range' }],
    ['invalid_command', given().when(plan('none')), { field: 'plan', rule: 'known' }],
    ['invalid_command', limited().when(report('none', 1)), { field: 'limit', rule: 'reported' }],
    ['invalid_command', limited().when(report('templates', 1)), { field: 'projectId', rule: 'required' }],
    ['invalid_command', limited().when(report('storage', -1)), { field: 'value', rule: 'range' }],
    ['unknown_organization', new LedgerHarness().when(TICK), {}],
    ['too_many_jobs', givenUnder({ maxOpenJobs: 0 }, grant('g', 9)).when(submit('j', 1)), {}],
  ])('%s', (code, result, more) => {
    expect(refusalOf(result)).toEqual({ code, message, ...more });
    expect(result.events).toEqual([]);
  });

  test('job and usage that cannot be rated: the catalog’s problems', () => {
    const problems = [{ field: 'usage.pages', rule: 'integer', message }];
    const harness = given(grant('g', 9), submit('j', 1));
    expect(refusalOf(harness.when(submit('k', 1.5)))).toEqual({
      code: 'invalid_job',
      message: 'The job cannot be rated as it is.',
      problems,
    });
    expect(refusalOf(harness.when(complete('j', 1.5)))).toEqual({
      code: 'invalid_job',
      message: 'The usage cannot be rated as it is.',
      problems,
    });
  });

  test('a plan that the catalog does not have: those that it has', () => {
    expect(refusalOf(given().when(plan('x')))!.message).toContain('small, large, thirty');
    expect(refusalOf(givenUnder({ catalog: { ...PLAIN, plans: [] } }).when(plan('x')))!.message).toContain('none');
  });

  test('a stream that belongs to another program is not opened, and has no organization', () => {
    const decider = ledgerDecider(given().policy);
    const codes = [OPEN, TICK].map((request) => {
      const { answer } = decider.decide({ ...request, now: START } as Command, decider.taken());
      return answer.kind === 'refused' && answer.refusal.code;
    });
    expect(codes).toEqual(['stream_taken', 'unknown_organization']);
  });
});

describe('a remembered outcome', () => {
  test.each([
    ['the same completion', complete('j', 8), complete('j', 8), []],
    ['another usage', complete('j', 8), complete('j', 9), ['OutcomeContradicted']],
    ['a completion after a failure', fail('j'), complete('j', 8), ['OutcomeContradicted']],
    ['a failure after a completion', complete('j', 8), fail('j'), ['OutcomeContradicted']],
    ['another failure', fail('j'), fail('j', 'incomplete'), []],
  ])('%s', (_, first, second, types) => {
    const harness = given(first);
    expect(harness.when(second).types).toEqual(types);
    expect(harness.when(second).types).toEqual([]);
  });

  test('contradicted before the submission: the ended job is marked as contradicted', () => {
    const harness = given(grant('g', 9), complete('j', 8), fail('j'), submit('j', 8));
    expect(harness.state.settled.get('j')).toMatchObject({ contradicted: true });
    expect(harness.when(fail('j')).types).toEqual([]);
  });
});

describe('scopes', () => {
  const scoped = () => given(grant('s', 4, { scope: ['draw'] }), grant('g', 3), grant('t', 2, { kind: 'promotional' }));

  test('unscoped credits exclude scoped grants', () => {
    expect(unscopedCredits(scoped().state.balance)).toBe(5);
    expect(places(scoped())![0]).toBe(9);
  });

  test('the available credits of a refusal are those that the operation can draw', () => {
    expect(refusalOf(scoped().when(submit('j', 6)))).toMatchObject({ required: 6, available: 5 });
    const convert = { operation: 'convert', usage: { files: [{ type: 'pdf' }, { type: 'jpeg' }] } };
    expect(refusalOf(scoped().when(submit('j', 0, { job: convert })))).toMatchObject({
      required: 10,
      available: 5,
    });
  });
});

describe('the parts of draws', () => {
  const draws = [
    { grantId: 'a', kind: 'trial', credits: 2 },
    { grantId: 'b', kind: 'top-up', credits: 3 },
  ] as const;
  const credits = (parts: readonly { grantId: string; credits: number }[]) =>
    parts.map(({ grantId, credits }) => `${grantId}${credits}`);
  test.each([
    [0, [], ['a2', 'b3']],
    [1, ['a1'], ['a1', 'b3']],
    [2, ['a2'], ['b3']],
    [3, ['a2', 'b1'], ['b2']],
    [5, ['a2', 'b3'], []],
    [6, ['a2', 'b3'], []],
  ])('the first %i credits', (wanted, first, rest) => {
    const parts = split(draws, wanted);
    expect([credits(parts.first), credits(parts.rest)]).toEqual([first, rest]);
  });

  test('a grant is removed once', () => {
    const burnDown = new BurnDown();
    const { balance } = given(grant('g', 1), grant('h', 1, { kind: 'trial' })).state;
    for (const each of balance.grants.values()) burnDown.add(each);
    expect(['h', 'g', 'g', 'x'].map((id) => burnDown.remove(id))).toEqual([true, true, false, false]);
    expect(burnDown.available('read')).toBe(0);
  });
});

describe('events that do not conserve credits', () => {
  const metadata = { schemaVersion: 1, occurredAt: START, recordedAt: START };
  const consumed = (draws: object[], surplus: object[] = []) => ({
    type: 'CreditsConsumed',
    data: { jobId: 'j', draws, surplus, credits: 1, writtenOff: 0 },
    metadata,
  });
  test.each([
    [
      'a grant given twice',
      { type: 'CreditsGranted', data: { grantId: 'g', kind: 'top-up', credits: 1 }, metadata },
      /grant g is given twice/,
    ],
    ['a grant that is not there', consumed([{ grantId: 'x', credits: 1 }]), /grant x is not there/],
    ['more than was reserved', consumed([{ grantId: 'g', credits: 3 }]), /do not add up/],
    ['more than is available', consumed([], [{ grantId: 'g', credits: 9 }]), /do not add up/],
    [
      'a job that was not reserved',
      { type: 'ReservationExtended', data: { jobId: 'x', expiresAt: START }, metadata },
      /job x ends without/,
    ],
  ])('%s', (_, event, error) => {
    const { state } = given(grant('g', 10), submit('j', 2));
    expect(() => evolve(state, event as unknown as LedgerEvent, 9)).toThrow(error);
  });
});
