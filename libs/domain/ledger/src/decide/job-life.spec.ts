import {
  at,
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
  places,
  replayed,
  revoke,
  submit,
  TICK,
  wait,
  type TestCommand,
} from '../../support/ledger-harness';
import { forgetSettled } from '../state/evolve';

const uuidAt = (instant: string): string => {
  const hex = Date.parse(instant).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
};

describe('1. A submission is rated and reserved', () => {
  test('the decision is recorded: draws, rating, project, period, deadline', () => {
    const result = given(grant('g', 100)).when(submit('j', 10));
    expect(result.types).toEqual(['CreditsReserved']);
    expect(dataOf(result, 'CreditsReserved')).toMatchObject([
      {
        jobId: 'j',
        projectId: 'p1',
        credits: 10,
        draws: [{ grantId: 'g', kind: 'top-up', credits: 10 }],
        rating: { catalog: 'test@1', operation: 'read', units: 10, credits: 10 },
        expiresAt: at(HOUR),
        period: '2026-11-01T00:00:00.000Z',
      },
    ]);
    expect(result.answer).toEqual({
      kind: 'reserved',
      credits: 10,
      draws: [{ grantId: 'g', kind: 'top-up', credits: 10 }],
    });
  });

  test('names of files never reach the stream', () => {
    const files = [{ type: 'pdf', name: 'Ann’s diagnosis.pdf' }];
    const harness = given(grant('g', 100));
    harness.run(submit('j', 0, { job: { operation: 'convert', usage: { files } } }));
    harness.run({
      type: 'EndJob',
      jobId: 'j',
      outcome: { kind: 'completed', usage: { files: [...files, ...files] } },
    });
    harness.run({ type: 'EndJob', jobId: 'j', outcome: { kind: 'completed', usage: { files } } });
    harness.run({ type: 'EndJob', jobId: 'early', outcome: { kind: 'completed', usage: { files } } });
    expect(harness.stored.join()).toContain('OutcomeContradicted');
    expect(harness.stored.join()).not.toContain('diagnosis');
  });

  test('the events of a job record whether it has details; a repetition is the same job with or without them', () => {
    const harness = given(grant('g', 100), { type: 'SetOverage', overage: 'none' });
    const said = (step: TestCommand) =>
      harness.when(step).events.map(({ data }) => (data as { hasDetails?: boolean }).hasDetails);
    expect(said(submit('with', 10, { hasDetails: true }))).toEqual([true]);
    expect(said(submit('with', 10))).toEqual([]);
    expect(said(complete('with', 4))).toEqual([true, true]);
    expect(said(submit('without', 10, { hasDetails: false }))).toEqual([false]);
    expect(said(complete('without', 4))).toEqual([undefined, undefined]);
    expect(said(submit('unknown', 10))).toEqual([undefined]);
  });

  test('too few credits: refused with required and available credits, and nothing is stored', () => {
    const result = given(grant('g', 9)).when(submit('j', 10));
    expect(result.answer).toMatchObject({
      refusal: { code: 'insufficient_credits', required: 10, available: 9 },
    });
    expect(result.events).toEqual([]);
  });

  test('a refusal is not an outcome: the same id may be submitted again', () => {
    const harness = given(submit('j', 10), grant('g', 10));
    expect(codeOf(harness.when(submit('j', 10)))).toBe('reserved');
  });

  test('50 files on 30 credits are 30 jobs accepted and 20 refused', () => {
    const harness = given(grant('g', 30));
    const codes = Array.from({ length: 50 }, (_, i) => codeOf(harness.when(submit(`j${i}`, 1))));
    expect(codes.indexOf('insufficient_credits')).toBe(30);
    expect(codes.filter((code) => code === 'reserved')).toHaveLength(30);
  });
});

describe('2. A completion consumes what was really used', () => {
  test('without a usage: as reserved', () => {
    const harness = given(grant('g', 100), submit('j', 10));
    expect(harness.when(complete('j')).answer).toMatchObject({ status: 'consumed', consumed: 10, refunded: 0 });
    expect(places(harness)).toEqual([90, 0, 10, 0, 0]);
  });

  test('less: the rest is refunded in the same append, and the first draws are kept', () => {
    const harness = given(grant('old', 6), wait(1), grant('new', 10), submit('j', 10));
    const result = harness.when(complete('j', 7));
    expect(result.types).toEqual(['CreditsConsumed', 'CreditsRefunded']);
    expect(result.answer).toMatchObject({ consumed: 7, refunded: 3, writtenOff: 0 });
    expect(dataOf(result, 'CreditsRefunded')).toMatchObject([
      { reason: 'unused', draws: [{ grantId: 'new', credits: 3 }] },
    ]);
    expect(places(harness)).toEqual([9, 0, 7, 0, 0]);
  });

  test('nothing used: all is refunded, and the job counts as completed', () => {
    const harness = given(grant('g', 10), submit('j', 10));
    expect(harness.when(complete('j', 0)).answer).toMatchObject({
      status: 'consumed',
      consumed: 0,
      refunded: 10,
    });
    expect(codeOf(harness.when(complete('j', 0)))).toBe('ended');
    expect(places(harness)).toEqual([10, 0, 0, 0, 0]);
  });

  test('more: the surplus is drawn in burn-down order', () => {
    const harness = given(grant('first', 12), wait(1), grant('second', 10), submit('j', 10));
    const result = harness.when(complete('j', 15));
    expect(dataOf(result, 'CreditsConsumed')).toMatchObject([
      {
        credits: 15,
        surplus: [
          { grantId: 'first', credits: 2 },
          { grantId: 'second', credits: 3 },
        ],
      },
    ]);
    expect(places(harness)).toEqual([7, 0, 15, 0, 0]);
  });

  test('more than there is, without overage: the rest is written off, and no balance goes below zero', () => {
    const harness = given(grant('g', 12), submit('j', 10));
    expect(harness.when(complete('j', 15)).answer).toMatchObject({ consumed: 12, writtenOff: 3 });
    expect(places(harness)).toEqual([0, 0, 12, 0, 0]);
  });

  test('more than there is, with overage: the rest is granted to the job and consumed', () => {
    const harness = given({ type: 'SetPlan', plan: 'small' }, { type: 'SetOverage', overage: 'auto' });
    harness.run(grant('g', 12), submit('j', 10));
    const result = harness.when(complete('j', 15));
    expect(result.types).toEqual(['CreditsGranted', 'CreditsConsumed']);
    expect(result.answer).toMatchObject({ consumed: 15, writtenOff: 0 });
    expect(places(harness)).toEqual([0, 0, 15, 0, 0]);
  });

  test('a changed catalog does not affect a job without an actual usage', () => {
    const harness = given(grant('g', 100), submit('j', 10));
    expect(harness.when({ type: 'EndJob', jobId: 'j', outcome: { kind: 'completed' } }).answer).toMatchObject({
      consumed: 10,
    });
  });

  test('a usage that cannot be rated is refused, and the job stays open', () => {
    const harness = given(grant('g', 100), submit('j', 10));
    expect(codeOf(harness.when(complete('j', 1.5)))).toBe('invalid_job');
    expect(places(harness)).toEqual([90, 10, 0, 0, 0]);
  });
});

describe('3. A failure refunds everything to the grants it came from', () => {
  test.each(['failed', 'incomplete'] as const)('%s', (reason) => {
    const harness = given(grant('a', 6), wait(1), grant('b', 10));
    const before = [places(harness, 'a'), places(harness, 'b')];
    harness.run(submit('j', 10));
    const result = harness.when(fail('j', reason));
    expect(dataOf(result, 'CreditsRefunded')).toMatchObject([{ credits: 10, reason, projectId: 'p1' }]);
    expect(result.answer).toMatchObject({ status: 'refunded', consumed: 0, refunded: 10 });
    expect([places(harness, 'a'), places(harness, 'b')]).toEqual(before);
  });
});

describe('4. A job that never ends', () => {
  const open = () => given(grant('g', 10), submit('j', 10));

  test('gives its credits back at the time-out, not a millisecond earlier', () => {
    expect(places(open().run(wait(HOUR - 1), TICK))).toEqual([0, 10, 0, 0, 0]);
    expect(places(open().run(wait(HOUR), TICK))).toEqual([10, 0, 0, 0, 0]);
  });

  test('the next command applies the time-out first, for any type of command', () => {
    const result = open()
      .run(wait(2 * HOUR))
      .when(submit('k', 10));
    expect(result.types).toEqual(['CreditsRefunded', 'CreditsReserved']);
  });

  test('the time-out is recorded at its own time and without an actor', () => {
    const harness = open().run(wait(2 * HOUR));
    const { events } = harness.when({ ...submit('k', 1), occurredAt: at(0), actor: 'ann' });
    expect(events[0]!.metadata).toMatchObject({ occurredAt: at(HOUR), recordedAt: at(2 * HOUR) });
    expect(events.map(({ metadata }) => metadata.actor)).toEqual([undefined, 'ann']);
  });

  test('heartbeats move the deadline', () => {
    const harness = open().run(wait(50 * MINUTE));
    expect(harness.when(heartbeat('j')).answer).toEqual({ kind: 'extended', expiresAt: at(110 * MINUTE) });
    expect(places(harness.run(wait(59 * MINUTE), TICK))).toEqual([0, 10, 0, 0, 0]);
    expect(places(harness.run(wait(MINUTE), TICK))).toEqual([10, 0, 0, 0, 0]);
  });

  test('a heartbeat does not delay the time-outs of other jobs', () => {
    const harness = given(grant('g', 10), submit('a', 1), submit('b', 1), wait(50 * MINUTE), heartbeat('a'));
    harness.run(wait(15 * MINUTE), TICK);
    expect([...harness.state.jobs.keys()]).toEqual(['a']);
  });

  test('a heartbeat that moves the deadline by less than a tenth records no event', () => {
    const result = open().run(wait(MINUTE)).when(heartbeat('j'));
    expect(result.answer).toEqual({ kind: 'extended', expiresAt: at(HOUR) });
    expect(result.events).toEqual([]);
  });

  test('a heartbeat of a job that is not open changes nothing', () => {
    const harness = given(grant('g', 10), submit('j', 10), complete('j'));
    expect([harness.when(heartbeat('j')), harness.when(heartbeat('never seen'))]).toMatchObject([
      { answer: { kind: 'done' }, events: [] },
      { answer: { kind: 'done' }, events: [] },
    ]);
  });

  test('jobs time out by the time-out of their operation, in any order of submission', () => {
    const harness = given(grant('g', 100), submit('slow', 10), wait(MINUTE), submit('quick', 0, { job: draw }));
    harness.run(wait(10 * MINUTE), TICK);
    expect([...harness.state.jobs.keys()]).toEqual(['slow']);
  });

  test('a late completion consumes available credits', () => {
    const harness = open().run(wait(2 * HOUR));
    expect(harness.when(complete('j', 8)).answer).toMatchObject({ status: 'consumed', consumed: 8 });
    expect(places(harness)).toEqual([2, 0, 8, 0, 0]);
  });

  test('a late completion without available credits is written off', () => {
    const harness = open().run(wait(2 * HOUR), submit('k', 7));
    expect(harness.when(complete('j', 8)).answer).toMatchObject({ consumed: 3, writtenOff: 5 });
    expect(places(harness)).toEqual([0, 7, 3, 0, 0]);
  });

  test('a late failure moves nothing and ends the job', () => {
    const harness = open().run(wait(2 * HOUR));
    expect(harness.when(fail('j')).answer).toMatchObject({ status: 'refunded', refunded: 10 });
    expect(places(harness)).toEqual([10, 0, 0, 0, 0]);
    expect(harness.when(fail('j')).events).toEqual([]);
  });

  test('a late completion of a job that only the settled-jobs index has', () => {
    const harness = open().run(wait(2 * HOUR), TICK);
    const settled = structuredClone(harness.state.settled.get('j')!);
    forgetSettled(harness.state, harness.stored.length - 1);
    const result = harness.when(complete('j', 8, { settled }));
    expect(dataOf(result, 'CreditsConsumed')).toMatchObject([{ late: { refunded: 10, reservation: { jobId: 'j' } } }]);
    expect(replayed(harness.stored).balance).toEqual(harness.state.balance);
    expect(places(harness)).toEqual([2, 0, 8, 0, 0]);
    expect(harness.when(complete('j', 8)).answer).toMatchObject({
      consumed: 8,
      repeated: { contradicted: false },
    });
  });
});

describe('5. Any order and any repetition', () => {
  test('an outcome before its submission is remembered, and applied in the submission’s append', () => {
    const harness = given(grant('g', 10));
    expect(harness.when(complete('j', 8)).answer).toMatchObject({ kind: 'remembered' });
    const result = harness.when(submit('j', 10));
    expect(result.types).toEqual(['CreditsReserved', 'CreditsConsumed', 'CreditsRefunded']);
    expect(codeOf(result)).toBe('reserved');
    expect(places(harness)).toEqual([2, 0, 8, 0, 0]);
    expect(harness.state.early.size).toBe(0);
  });

  test('a repeated remembered outcome records no event', () => {
    const harness = given(grant('g', 10), fail('j'));
    expect(harness.when(fail('j', 'incomplete')).events).toEqual([]);
  });

  test('a repeated submission gets the first one’s answer', () => {
    const harness = given(grant('g', 10));
    const { answer } = harness.when(submit('j', 10));
    const again = harness.when(submit('j', 10));
    expect(again.answer).toEqual({ ...answer, repeated: { revision: 2 } });
    expect(again.events).toEqual([]);
  });

  test('details, the API key and the order of features do not distinguish jobs', () => {
    const job = (features: string[], name: string) => ({
      operation: 'read',
      usage: { pages: 2, files: [{ type: 'pdf', pages: 2, name }] },
      features,
    });
    const harness = given(grant('g', 10), submit('j', 0, { job: job(['structured', 'instructed'], 'a.pdf') }));
    const again = { apiKeyId: 'k2', job: job(['instructed', 'structured'], 'b.pdf') };
    expect(harness.when(submit('j', 0, again)).answer).toMatchObject({ kind: 'reserved', repeated: {} });
  });

  test('an ended job submitted again gets its reservation’s answer, also from the index', () => {
    const harness = given(grant('g', 10), submit('j', 10), complete('j'));
    const settled = structuredClone(harness.state.settled.get('j')!);
    forgetSettled(harness.state, harness.stored.length - 1);
    expect(harness.when(submit('j', 10, { settled })).answer).toMatchObject({ repeated: { revision: 2 } });
    expect(harness.when(complete('j', undefined, { settled })).answer).toMatchObject({
      repeated: { revision: 3 },
    });
  });

  test('a repeated outcome gets the first one’s answer', () => {
    const harness = given(grant('g', 10), submit('j', 10));
    const { answer } = harness.when(complete('j', 8));
    expect(harness.when(complete('j', 8))).toMatchObject({
      answer: { ...answer, repeated: { revision: 4, contradicted: false } },
      events: [],
    });
  });

  test.each([
    ['another usage', complete('j', 8), complete('j', 9)],
    ['a failure', complete('j', 8), fail('j')],
    ['a completion', fail('j'), complete('j')],
  ])('the first outcome wins; %s later is recorded once and moves nothing', (_, first, second) => {
    const harness = given(grant('g', 10), submit('j', 10), first);
    const before = places(harness);
    const contradiction = harness.when(second);
    expect(contradiction.types).toEqual(['OutcomeContradicted']);
    expect(contradiction.answer).toMatchObject({ repeated: { contradicted: true } });
    const again = harness.when(second);
    expect(again.events).toEqual([]);
    expect(again.answer).toEqual(contradiction.answer);
    expect(places(harness)).toEqual(before);
  });

  test('a contradiction is recorded once, even if the state has removed it or it arrived before the submission', () => {
    const harness = given(grant('g', 10), complete('j', 8), fail('j'));
    expect(harness.when(fail('j')).events).toEqual([]);
    harness.run(submit('j', 10));
    expect(harness.when(fail('j')).events).toEqual([]);
    const late = given(grant('g', 10), submit('j', 10), complete('j'));
    const settled = structuredClone(late.state.settled.get('j')!);
    forgetSettled(late.state, late.stored.length - 1);
    expect(late.when({ ...fail('j'), settled } as never).types).toEqual(['OutcomeContradicted']);
    expect(late.when({ ...fail('j'), settled } as never).types).toEqual([]);
  });
});

describe('6. Exactly once, for a job’s whole life', () => {
  test.each([
    ['operation', { job: draw }],
    ['usage', { job: { operation: 'read', usage: { pages: 11 } } }],
    ['features', { job: { operation: 'read', usage: { pages: 10 }, features: ['structured'] } }],
    ['project', { projectId: 'p2' }],
  ])('the same id with another %s is a conflict', (_, more) => {
    const harness = given(grant('g', 100), submit('j', 10));
    const result = harness.when(submit('j', 10, more));
    expect([codeOf(result), places(harness)![1]]).toEqual(['job_conflict', 10]);
  });

  test.each([[null], ['text'], [7], [{ operation: 'read', features: null, usage: { files: [null] } }]])(
    'a known id with the malformed job %j is bad input, not a bug',
    (job) => {
      const harness = given(grant('g', 100), submit('j', 10));
      expect(codeOf(harness.when(submit('j', 10, { job: (job ?? {}) as never })))).toBe('invalid_job');
    },
  );

  test.each([
    ['by the time in its id', uuidAt(at(-36 * DAY)), undefined, 'stale_job'],
    ['by its message’s time', 'plain', at(-36 * DAY), 'stale_job'],
    [
      'not, by the time in its id, which has precedence over that of its message',
      uuidAt(at(-34 * DAY)),
      at(-36 * DAY),
      'reserved',
    ],
    ['not, without any time', 'plain', undefined, 'reserved'],
    ['not, at the window’s edge', 'plain', at(-35 * DAY), 'reserved'],
  ])('a job older than the window is refused as stale: %s', (_, jobId, occurredAt, expected) => {
    expect(codeOf(given(grant('g', 100)).when(submit(jobId, 1, { occurredAt })))).toBe(expected);
  });

  test('an outcome of an unknown job of that age is stale too', () => {
    expect(codeOf(given().when(complete(uuidAt(at(-36 * DAY)))))).toBe('stale_job');
  });

  test('an open job is never stale', () => {
    const id = uuidAt(at(0));
    const harness = given(grant('g', 10), submit(id, 10));
    for (let day = 0; day < 40 * 24; day += 1) harness.run(wait(HOUR - 1), heartbeat(id), wait(1));
    expect(harness.when(complete(id)).answer).toMatchObject({ consumed: 10 });
  });

  test('a longer window that is configured later does not restore jobs that a shorter one removed', () => {
    const harness = given(grant('g', 10), { type: 'CloseJobWindow' });
    const longer = givenUnder({ jobWindowDays: 100 });
    longer.state = harness.state;
    expect(codeOf(longer.when(submit(uuidAt(at(-36 * DAY)), 1)))).toBe('stale_job');
  });

  test('closing the window removes outcomes that waited too long, and is recorded once', () => {
    const harness = given(complete('j'), wait(36 * DAY));
    expect(harness.when({ type: 'CloseJobWindow' }).types).toEqual(['JobWindowClosed']);
    expect(harness.state.early.size).toBe(0);
    expect(harness.when({ type: 'CloseJobWindow' }).events).toEqual([]);
  });

  test('the ledger’s time never runs backwards', () => {
    const harness = given(grant('g', 10), wait(DAY), submit('j', 1), wait(-2 * HOUR));
    const [event] = harness.when(submit('k', 1)).events;
    expect(event!.metadata.recordedAt).toBe(at(DAY));
  });
});

describe('revocation and expiry while reserved', () => {
  const held = () => given(grant('g', 10, { expiresAt: at(30 * MINUTE) }), submit('j', 6));

  test('reserved credits stay usable for their job after the grant has expired', () => {
    const harness = held().run(wait(40 * MINUTE), complete('j'));
    expect(places(harness)).toEqual([0, 0, 6, 4, 0]);
  });

  test('refunded later, it is refunded and expired in one append', () => {
    const harness = held().run(wait(40 * MINUTE));
    expect(harness.when(fail('j')).types).toEqual(['CreditsExpired', 'CreditsRefunded', 'CreditsExpired']);
    expect(places(harness)).toEqual([0, 0, 0, 10, 0]);
  });

  test('revoking takes available credits now and reserved ones when they are refunded', () => {
    const harness = given(grant('g', 10), submit('j', 6), revoke('g'));
    expect(places(harness)).toEqual([0, 6, 0, 0, 4]);
    expect(harness.when(complete('j', 5)).types).toEqual(['CreditsConsumed', 'CreditsRefunded', 'CreditsRevoked']);
    expect(places(harness)).toEqual([0, 0, 5, 0, 5]);
  });

  test('revoking twice, or a used-up grant, moves nothing', () => {
    const harness = given(grant('g', 10), revoke('g'), grant('used', 1), submit('j', 1), complete('j'));
    expect([harness.when(revoke('g')), harness.when(revoke('used'))]).toMatchObject([{ events: [] }, { events: [] }]);
  });
});
