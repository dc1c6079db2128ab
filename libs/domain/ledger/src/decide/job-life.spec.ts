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
    const books = given(grant('g', 100));
    books.run(submit('j', 0, { job: { operation: 'convert', usage: { files } } }));
    books.run({
      type: 'EndJob',
      jobId: 'j',
      outcome: { kind: 'completed', usage: { files: [...files, ...files] } },
    });
    books.run({ type: 'EndJob', jobId: 'j', outcome: { kind: 'completed', usage: { files } } });
    books.run({ type: 'EndJob', jobId: 'early', outcome: { kind: 'completed', usage: { files } } });
    expect(books.stored.join()).toContain('OutcomeContradicted');
    expect(books.stored.join()).not.toContain('diagnosis');
  });

  test('the events of a job say whether it came with details; a repetition is the same job with or without', () => {
    const books = given(grant('g', 100), { type: 'SetOverage', overage: 'none' });
    const said = (step: TestCommand) =>
      books.when(step).events.map(({ data }) => (data as { hasDetails?: boolean }).hasDetails);
    expect(said(submit('with', 10, { hasDetails: true }))).toEqual([true]);
    expect(said(submit('with', 10))).toEqual([]);
    expect(said(complete('with', 4))).toEqual([true, true]);
    expect(said(submit('without', 10, { hasDetails: false }))).toEqual([false]);
    expect(said(complete('without', 4))).toEqual([undefined, undefined]);
    expect(said(submit('unknown', 10))).toEqual([undefined]);
  });

  test('too few credits: refused with what is needed and there, and nothing is stored', () => {
    const result = given(grant('g', 9)).when(submit('j', 10));
    expect(result.answer).toMatchObject({
      refusal: { code: 'insufficient_credits', required: 10, available: 9 },
    });
    expect(result.events).toEqual([]);
  });

  test('a refusal is not an outcome: the same id may be submitted again', () => {
    const books = given(submit('j', 10), grant('g', 10));
    expect(codeOf(books.when(submit('j', 10)))).toBe('reserved');
  });

  test('50 files on 30 credits are 30 jobs accepted and 20 refused', () => {
    const books = given(grant('g', 30));
    const codes = Array.from({ length: 50 }, (_, i) => codeOf(books.when(submit(`j${i}`, 1))));
    expect(codes.indexOf('insufficient_credits')).toBe(30);
    expect(codes.filter((code) => code === 'reserved')).toHaveLength(30);
  });
});

describe('2. A completion consumes what was really used', () => {
  test('as reserved, when it says nothing else', () => {
    const books = given(grant('g', 100), submit('j', 10));
    expect(books.when(complete('j')).answer).toMatchObject({ status: 'consumed', consumed: 10, refunded: 0 });
    expect(places(books)).toEqual([90, 0, 10, 0, 0]);
  });

  test('less: the rest is refunded in the same append, the first draws being kept', () => {
    const books = given(grant('old', 6), wait(1), grant('new', 10), submit('j', 10));
    const result = books.when(complete('j', 7));
    expect(result.types).toEqual(['CreditsConsumed', 'CreditsRefunded']);
    expect(result.answer).toMatchObject({ consumed: 7, refunded: 3, writtenOff: 0 });
    expect(dataOf(result, 'CreditsRefunded')).toMatchObject([
      { reason: 'unused', draws: [{ grantId: 'new', credits: 3 }] },
    ]);
    expect(places(books)).toEqual([9, 0, 7, 0, 0]);
  });

  test('nothing used: all of it is refunded, and still it was completed', () => {
    const books = given(grant('g', 10), submit('j', 10));
    expect(books.when(complete('j', 0)).answer).toMatchObject({
      status: 'consumed',
      consumed: 0,
      refunded: 10,
    });
    expect(codeOf(books.when(complete('j', 0)))).toBe('ended');
    expect(places(books)).toEqual([10, 0, 0, 0, 0]);
  });

  test('more: the surplus is drawn in burn-down order', () => {
    const books = given(grant('first', 12), wait(1), grant('second', 10), submit('j', 10));
    const result = books.when(complete('j', 15));
    expect(dataOf(result, 'CreditsConsumed')).toMatchObject([
      {
        credits: 15,
        surplus: [
          { grantId: 'first', credits: 2 },
          { grantId: 'second', credits: 3 },
        ],
      },
    ]);
    expect(places(books)).toEqual([7, 0, 15, 0, 0]);
  });

  test('more than there is, without overage: the rest is written off, and no balance goes below zero', () => {
    const books = given(grant('g', 12), submit('j', 10));
    expect(books.when(complete('j', 15)).answer).toMatchObject({ consumed: 12, writtenOff: 3 });
    expect(places(books)).toEqual([0, 0, 12, 0, 0]);
  });

  test('more than there is, with overage: the rest is granted to the job and consumed', () => {
    const books = given({ type: 'SetPlan', plan: 'small' }, { type: 'SetOverage', overage: 'auto' });
    books.run(grant('g', 12), submit('j', 10));
    const result = books.when(complete('j', 15));
    expect(result.types).toEqual(['CreditsGranted', 'CreditsConsumed']);
    expect(result.answer).toMatchObject({ consumed: 15, writtenOff: 0 });
    expect(places(books)).toEqual([0, 0, 15, 0, 0]);
  });

  test('a catalog changed meanwhile does not count a job anew that says nothing of its usage', () => {
    const books = given(grant('g', 100), submit('j', 10));
    expect(books.when({ type: 'EndJob', jobId: 'j', outcome: { kind: 'completed' } }).answer).toMatchObject({
      consumed: 10,
    });
  });

  test('a usage that cannot be rated is refused, and the job stays open', () => {
    const books = given(grant('g', 100), submit('j', 10));
    expect(codeOf(books.when(complete('j', 1.5)))).toBe('invalid_job');
    expect(places(books)).toEqual([90, 10, 0, 0, 0]);
  });
});

describe('3. A failure refunds everything to the grants it came from', () => {
  test.each(['failed', 'incomplete'] as const)('%s', (reason) => {
    const books = given(grant('a', 6), wait(1), grant('b', 10));
    const before = [places(books, 'a'), places(books, 'b')];
    books.run(submit('j', 10));
    const result = books.when(fail('j', reason));
    expect(dataOf(result, 'CreditsRefunded')).toMatchObject([{ credits: 10, reason, projectId: 'p1' }]);
    expect(result.answer).toMatchObject({ status: 'refunded', consumed: 0, refunded: 10 });
    expect([places(books, 'a'), places(books, 'b')]).toEqual(before);
  });
});

describe('4. A job that never ends', () => {
  const open = () => given(grant('g', 10), submit('j', 10));

  test('gives its credits back at the time-out, not a moment earlier', () => {
    expect(places(open().run(wait(HOUR - 1), TICK))).toEqual([0, 10, 0, 0, 0]);
    expect(places(open().run(wait(HOUR), TICK))).toEqual([10, 0, 0, 0, 0]);
  });

  test('whatever command comes next applies it first', () => {
    const result = open()
      .run(wait(2 * HOUR))
      .when(submit('k', 10));
    expect(result.types).toEqual(['CreditsRefunded', 'CreditsReserved']);
  });

  test('the time-out happened at its own time and was nobody’s doing', () => {
    const books = open().run(wait(2 * HOUR));
    const { events } = books.when({ ...submit('k', 1), occurredAt: at(0), actor: 'ann' });
    expect(events[0]!.metadata).toMatchObject({ occurredAt: at(HOUR), recordedAt: at(2 * HOUR) });
    expect(events.map(({ metadata }) => metadata.actor)).toEqual([undefined, 'ann']);
  });

  test('heartbeats move the deadline', () => {
    const books = open().run(wait(50 * MINUTE));
    expect(books.when(heartbeat('j')).answer).toEqual({ kind: 'extended', expiresAt: at(110 * MINUTE) });
    expect(places(books.run(wait(59 * MINUTE), TICK))).toEqual([0, 10, 0, 0, 0]);
    expect(places(books.run(wait(MINUTE), TICK))).toEqual([10, 0, 0, 0, 0]);
  });

  test('a heartbeat holds up nobody else’s time-out', () => {
    const books = given(grant('g', 10), submit('a', 1), submit('b', 1), wait(50 * MINUTE), heartbeat('a'));
    books.run(wait(15 * MINUTE), TICK);
    expect([...books.state.jobs.keys()]).toEqual(['a']);
  });

  test('a heartbeat that would hardly move it is answered without an event', () => {
    const result = open().run(wait(MINUTE)).when(heartbeat('j'));
    expect(result.answer).toEqual({ kind: 'extended', expiresAt: at(HOUR) });
    expect(result.events).toEqual([]);
  });

  test('a heartbeat of a job that is not open changes nothing', () => {
    const books = given(grant('g', 10), submit('j', 10), complete('j'));
    expect([books.when(heartbeat('j')), books.when(heartbeat('never seen'))]).toMatchObject([
      { answer: { kind: 'done' }, events: [] },
      { answer: { kind: 'done' }, events: [] },
    ]);
  });

  test('jobs time out by their own operation’s time, whichever came first', () => {
    const books = given(grant('g', 100), submit('slow', 10), wait(MINUTE), submit('quick', 0, { job: draw }));
    books.run(wait(10 * MINUTE), TICK);
    expect([...books.state.jobs.keys()]).toEqual(['slow']);
  });

  test('a late completion consumes after all, from what is there now', () => {
    const books = open().run(wait(2 * HOUR));
    expect(books.when(complete('j', 8)).answer).toMatchObject({ status: 'consumed', consumed: 8 });
    expect(places(books)).toEqual([2, 0, 8, 0, 0]);
  });

  test('a late completion finds the credits gone: written off', () => {
    const books = open().run(wait(2 * HOUR), submit('k', 7));
    expect(books.when(complete('j', 8)).answer).toMatchObject({ consumed: 3, writtenOff: 5 });
    expect(places(books)).toEqual([0, 7, 3, 0, 0]);
  });

  test('a late failure moves nothing and ends the job', () => {
    const books = open().run(wait(2 * HOUR));
    expect(books.when(fail('j')).answer).toMatchObject({ status: 'refunded', refunded: 10 });
    expect(places(books)).toEqual([10, 0, 0, 0, 0]);
    expect(books.when(fail('j')).events).toEqual([]);
  });

  test('a late completion of a job that only the settled-jobs index still knows', () => {
    const books = open().run(wait(2 * HOUR), TICK);
    const settled = structuredClone(books.state.settled.get('j')!);
    forgetSettled(books.state, books.stored.length - 1);
    const result = books.when(complete('j', 8, { settled }));
    expect(dataOf(result, 'CreditsConsumed')).toMatchObject([{ late: { refunded: 10, reservation: { jobId: 'j' } } }]);
    expect(replayed(books.stored).balance).toEqual(books.state.balance);
    expect(places(books)).toEqual([2, 0, 8, 0, 0]);
    expect(books.when(complete('j', 8)).answer).toMatchObject({
      consumed: 8,
      repeated: { contradicted: false },
    });
  });
});

describe('5. Any order and any repetition', () => {
  test('an outcome before its submission is remembered, and applied in the submission’s append', () => {
    const books = given(grant('g', 10));
    expect(books.when(complete('j', 8)).answer).toMatchObject({ kind: 'remembered' });
    const result = books.when(submit('j', 10));
    expect(result.types).toEqual(['CreditsReserved', 'CreditsConsumed', 'CreditsRefunded']);
    expect(codeOf(result)).toBe('reserved');
    expect(places(books)).toEqual([2, 0, 8, 0, 0]);
    expect(books.state.early.size).toBe(0);
  });

  test('a remembered outcome said again is no news', () => {
    const books = given(grant('g', 10), fail('j'));
    expect(books.when(fail('j', 'incomplete')).events).toEqual([]);
  });

  test('a repeated submission gets the first one’s answer', () => {
    const books = given(grant('g', 10));
    const { answer } = books.when(submit('j', 10));
    const again = books.when(submit('j', 10));
    expect(again.answer).toEqual({ ...answer, repeated: { revision: 2 } });
    expect(again.events).toEqual([]);
  });

  test('details, the API key and the order of features make no other job', () => {
    const job = (features: string[], name: string) => ({
      operation: 'read',
      usage: { pages: 2, files: [{ type: 'pdf', pages: 2, name }] },
      features,
    });
    const books = given(grant('g', 10), submit('j', 0, { job: job(['structured', 'instructed'], 'a.pdf') }));
    const again = { apiKeyId: 'k2', job: job(['instructed', 'structured'], 'b.pdf') };
    expect(books.when(submit('j', 0, again)).answer).toMatchObject({ kind: 'reserved', repeated: {} });
  });

  test('an ended job submitted again still gets its reservation’s answer, be it known to the index only', () => {
    const books = given(grant('g', 10), submit('j', 10), complete('j'));
    const settled = structuredClone(books.state.settled.get('j')!);
    forgetSettled(books.state, books.stored.length - 1);
    expect(books.when(submit('j', 10, { settled })).answer).toMatchObject({ repeated: { revision: 2 } });
    expect(books.when(complete('j', undefined, { settled })).answer).toMatchObject({
      repeated: { revision: 3 },
    });
  });

  test('a repeated outcome gets the first one’s answer', () => {
    const books = given(grant('g', 10), submit('j', 10));
    const { answer } = books.when(complete('j', 8));
    expect(books.when(complete('j', 8))).toMatchObject({
      answer: { ...answer, repeated: { revision: 4, contradicted: false } },
      events: [],
    });
  });

  test.each([
    ['another usage', complete('j', 8), complete('j', 9)],
    ['a failure', complete('j', 8), fail('j')],
    ['a completion', fail('j'), complete('j')],
  ])('the first outcome wins; %s later is recorded once and moves nothing', (_, first, second) => {
    const books = given(grant('g', 10), submit('j', 10), first);
    const before = places(books);
    const contradiction = books.when(second);
    expect(contradiction.types).toEqual(['OutcomeContradicted']);
    expect(contradiction.answer).toMatchObject({ repeated: { contradicted: true } });
    const again = books.when(second);
    expect(again.events).toEqual([]);
    expect(again.answer).toEqual(contradiction.answer);
    expect(places(books)).toEqual(before);
  });

  test('a contradiction is recorded once, though the state has let go of it, or it came before the submission', () => {
    const books = given(grant('g', 10), complete('j', 8), fail('j'));
    expect(books.when(fail('j')).events).toEqual([]);
    books.run(submit('j', 10));
    expect(books.when(fail('j')).events).toEqual([]);
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
    const books = given(grant('g', 100), submit('j', 10));
    const result = books.when(submit('j', 10, more));
    expect([codeOf(result), places(books)![1]]).toEqual(['job_conflict', 10]);
  });

  test.each([[null], ['text'], [7], [{ operation: 'read', features: null, usage: { files: [null] } }]])(
    'a known id with the malformed job %j is bad input, not a bug',
    (job) => {
      const books = given(grant('g', 100), submit('j', 10));
      expect(codeOf(books.when(submit('j', 10, { job: (job ?? {}) as never })))).toBe('invalid_job');
    },
  );

  test.each([
    ['by the time in its id', uuidAt(at(-36 * DAY)), undefined, 'stale_job'],
    ['by its message’s time', 'plain', at(-36 * DAY), 'stale_job'],
    ['not, by the time in its id, whatever its message says', uuidAt(at(-34 * DAY)), at(-36 * DAY), 'reserved'],
    ['not, without any time', 'plain', undefined, 'reserved'],
    ['not, at the window’s edge', 'plain', at(-35 * DAY), 'reserved'],
  ])('a job older than the window is refused as stale: %s', (_, jobId, occurredAt, expected) => {
    expect(codeOf(given(grant('g', 100)).when(submit(jobId, 1, { occurredAt })))).toBe(expected);
  });

  test('an outcome of an unknown job that old is stale too', () => {
    expect(codeOf(given().when(complete(uuidAt(at(-36 * DAY)))))).toBe('stale_job');
  });

  test('an open job is never stale', () => {
    const id = uuidAt(at(0));
    const books = given(grant('g', 10), submit(id, 10));
    for (let day = 0; day < 40 * 24; day += 1) books.run(wait(HOUR - 1), heartbeat(id), wait(1));
    expect(books.when(complete(id)).answer).toMatchObject({ consumed: 10 });
  });

  test('a longer window, configured later, brings back nothing that a shorter one has forgotten', () => {
    const books = given(grant('g', 10), { type: 'CloseJobWindow' });
    const longer = givenUnder({ jobWindowDays: 100 });
    longer.state = books.state;
    expect(codeOf(longer.when(submit(uuidAt(at(-36 * DAY)), 1)))).toBe('stale_job');
  });

  test('closing the window forgets outcomes that waited too long, and says so once', () => {
    const books = given(complete('j'), wait(36 * DAY));
    expect(books.when({ type: 'CloseJobWindow' }).types).toEqual(['JobWindowClosed']);
    expect(books.state.early.size).toBe(0);
    expect(books.when({ type: 'CloseJobWindow' }).events).toEqual([]);
  });

  test('the ledger’s time never runs backwards', () => {
    const books = given(grant('g', 10), wait(DAY), submit('j', 1), wait(-2 * HOUR));
    const [event] = books.when(submit('k', 1)).events;
    expect(event!.metadata.recordedAt).toBe(at(DAY));
  });
});

describe('revocation and expiry while reserved', () => {
  const held = () => given(grant('g', 10, { expiresAt: at(30 * MINUTE) }), submit('j', 6));

  test('what a job has reserved stays usable for it after the grant has expired', () => {
    const books = held().run(wait(40 * MINUTE), complete('j'));
    expect(places(books)).toEqual([0, 0, 6, 4, 0]);
  });

  test('refunded later, it is refunded and expired in one append', () => {
    const books = held().run(wait(40 * MINUTE));
    expect(books.when(fail('j')).types).toEqual(['CreditsExpired', 'CreditsRefunded', 'CreditsExpired']);
    expect(places(books)).toEqual([0, 0, 0, 10, 0]);
  });

  test('a revoked grant takes back what is available now and what is reserved when it returns', () => {
    const books = given(grant('g', 10), submit('j', 6), revoke('g'));
    expect(places(books)).toEqual([0, 6, 0, 0, 4]);
    expect(books.when(complete('j', 5)).types).toEqual(['CreditsConsumed', 'CreditsRefunded', 'CreditsRevoked']);
    expect(places(books)).toEqual([0, 0, 5, 0, 5]);
  });

  test('revoking twice, or what is used up, moves nothing', () => {
    const books = given(grant('g', 10), revoke('g'), grant('used', 1), submit('j', 1), complete('j'));
    expect([books.when(revoke('g')), books.when(revoke('used'))]).toMatchObject([{ events: [] }, { events: [] }]);
  });
});
