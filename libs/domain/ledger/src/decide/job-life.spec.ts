import {
  at,
  codeOf,
  complete,
  dataOf,
  draw,
  fail,
  given,
  grant,
  heartbeat,
  HOUR,
  MINUTE,
  places,
  replayed,
  submit,
  TICK,
  wait,
  type TestCommand,
} from '../../support/ledger-harness';
import { forgetSettled } from '../state/evolve';

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

describe('4. Jobs that never end', () => {
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
