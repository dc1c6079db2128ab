import {
  at,
  codeOf,
  complete,
  DAY,
  draw,
  fail,
  given,
  givenUnder,
  grant,
  heartbeat,
  HOUR,
  places,
  submit,
  wait,
} from '../../support/ledger-harness';
import { forgetSettled } from '../state/evolve';

const uuidAt = (instant: string): string => {
  const hex = Date.parse(instant).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
};

describe('1. Any order and any repetition', () => {
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

describe('2. Exactly once, for a job’s whole life', () => {
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

  test('under a clock that an operator sets, the time in an id says nothing, and that of the message counts', () => {
    const submitted = (jobId: string, occurredAt?: string) => {
      const sandbox = givenUnder({ ignoresTimeInIds: true }, grant('g', 100));
      return codeOf(sandbox.when(submit(jobId, 1, { occurredAt })));
    };
    expect(submitted(uuidAt(at(-36 * DAY)))).toBe('reserved');
    expect(submitted(uuidAt(at(0)), at(-36 * DAY))).toBe('stale_job');
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
