import { forgetSettled, jobs, loadLedger, saveLedger, settledJob } from '..';
import {
  LedgerHarness,
  codeOf,
  complete,
  DAY,
  dataOf,
  fail,
  given,
  grant,
  heartbeat,
  HOUR,
  OPEN,
  picture,
  places,
  replayed,
  submit,
  wait,
  type TestCommand,
} from '../../support/ledger-harness';

const by = (projectId: string, request: TestCommand): TestCommand => ({ ...request, projectId }) as TestCommand;
const start = (...steps: Parameters<typeof given>) => given(grant('g', 100), ...steps);
const COMPLETED = { status: 'consumed', consumed: 8, refunded: 2, writtenOff: 0 };
const FAILED = { status: 'refunded', consumed: 0, refunded: 10, writtenOff: 0 };

describe('a submission that meets a remembered outcome', () => {
  test.each([
    ['consumed', complete('j', 8), COMPLETED],
    ['refunded', fail('j'), FAILED],
    ['with all that was reserved', complete('j'), { ...COMPLETED, consumed: 10, refunded: 0 }],
    ['with more', complete('j', 101), { ...COMPLETED, consumed: 100, refunded: 0, writtenOff: 1 }],
  ])('answers how the job ended, %s, and so does each repetition', (_, outcome, ended) => {
    const harness = start(outcome);
    const { answer } = harness.when(submit('j', 10));
    const expected = { kind: 'reserved', credits: 10, ended: { ...ended, reservedAt: 3 } };
    expect(answer).toMatchObject(expected);
    expect(harness.when(submit('j', 10))).toMatchObject({
      answer: { ...expected, repeated: { revision: 3 } },
      events: [],
    });
  });

  test('gets the same answer from the settled-jobs index alone, and from a snapshot', () => {
    const harness = start(complete('j', 8), submit('j', 10));
    const first = harness.when(submit('j', 10)).answer;
    harness.state = loadLedger(saveLedger(harness.state));
    expect(harness.when(submit('j', 10)).answer).toEqual(first);
    const events = harness.stored.map((text) => JSON.parse(text));
    const row = events.reduce(
      (model, event, revision) => {
        const streamEvent = { entityId: 'o', revision, event };
        return jobs.keysOf(streamEvent).length > 0 ? jobs.fold(model, streamEvent) : model;
      },
      jobs.read(undefined, ['o', 'j']),
    );
    forgetSettled(harness.state, harness.stored.length - 1);
    const settled = settledJob(jobs.write(row));
    expect(harness.when(submit('j', 10, { settled })).answer).toEqual(first);
  });

  test('gets the reservation as its answer if the outcome cannot be rated; the job stays open', () => {
    const unratable: TestCommand = {
      type: 'EndJob',
      jobId: 'j',
      outcome: { kind: 'completed', usage: { files: [{ type: 'none such' }] } },
    };
    const harness = start(unratable);
    expect(harness.when(submit('j', 10)).answer).toEqual({
      kind: 'reserved',
      credits: 10,
      draws: [{ grantId: 'g', kind: 'top-up', credits: 10 }],
    });
    expect(harness.state.jobs.has('j')).toBe(true);
    harness.run(complete('j', 8));
    expect(harness.when(submit('j', 10)).answer).not.toHaveProperty('ended.status');
  });

  test('a job that was completed after its submission is answered with its reservation', () => {
    const harness = start(submit('j', 10), complete('j', 8));
    expect(harness.when(submit('j', 10)).answer).not.toHaveProperty('ended.status');
  });
});

describe('an outcome from a key of a project', () => {
  test('applies to a job of that project; its event has the project and schema version 2', () => {
    const harness = start();
    const [event] = harness.when(by('p1', complete('j', 8))).events;
    expect(event).toMatchObject({ data: { projectId: 'p1' }, metadata: { schemaVersion: 2 } });
    expect(harness.when(submit('j', 10)).answer).toMatchObject({ ended: COMPLETED });
  });

  test('without a project the event is one that older versions read', () => {
    expect(start().when(fail('j')).events[0]!.metadata.schemaVersion).toBe(1);
    expect(start(fail('j')).when(complete('j')).events[0]!.metadata.schemaVersion).toBe(1);
  });

  test.each([
    ['fails', fail('j')],
    ['completes', complete('j', 0)],
  ])('that %s a job before another project submits it does not touch that job', (_, outcome) => {
    const harness = start(by('p2', outcome));
    const result = harness.when(submit('j', 10));
    expect([result.types, result.answer]).toEqual([
      ['CreditsReserved'],
      { kind: 'reserved', credits: 10, draws: expect.any(Array) },
    ]);
    expect(harness.state.early.size).toBe(0);
    expect(harness.when(complete('j', 8)).answer).toMatchObject(COMPLETED);
    expect(places(harness)).toEqual([92, 0, 8, 0, 0]);
  });

  test.each([
    ['open', []],
    ['completed', [complete('j', 8)]],
    ['timed out', [wait(2 * HOUR)]],
  ] as const)('of a job of another project that is %s: there is no such job', (_, steps) => {
    const harness = start(submit('j', 10), ...steps);
    for (const request of [complete('j', 0), fail('j'), heartbeat('j')]) {
      const result = harness.when(by('p2', request));
      expect(codeOf(result)).toBe('not_found');
      expect(dataOf(result, 'OutcomeContradicted')).toEqual([]);
    }
    expect(codeOf(harness.when(by('p1', heartbeat('j'))))).not.toBe('not_found');
  });

  test('of a job of another project that only the index has: not found', () => {
    const harness = start(submit('j', 10), complete('j', 8));
    const settled = structuredClone(harness.state.settled.get('j')!);
    forgetSettled(harness.state, harness.stored.length - 1);
    expect(codeOf(harness.when({ ...by('p2', fail('j')), settled } as TestCommand))).toBe('not_found');
    expect(harness.state.early.size).toBe(0);
  });

  test('an outcome without a project counts for a job of any project', () => {
    const harness = start(complete('j', 8));
    expect(harness.when(submit('j', 10, { projectId: 'p7' })).answer).toMatchObject({ ended: COMPLETED });
  });
});

describe('outcomes of one job from several sides', () => {
  const sides: [string, TestCommand, TestCommand][] = [
    ['the project first', by('p1', fail('j')), complete('j', 8)],
    ['the service first', complete('j', 8), by('p1', fail('j'))],
  ];

  test.each(sides)('%s: both wait, the first one counts, the other one is recorded once', (_, first, second) => {
    const harness = start(first);
    expect(harness.when(second).types).toEqual(['OutcomeRemembered']);
    const result = harness.when(submit('j', 10));
    const ended = first.type === 'EndJob' && first.outcome.kind === 'failed' ? FAILED : COMPLETED;
    expect(result.answer).toMatchObject({ kind: 'reserved', ended });
    expect(dataOf(result, 'OutcomeContradicted')).toHaveLength(1);
    expect(harness.when(second).events).toEqual([]);
    expect(harness.when(submit('j', 10)).answer).toMatchObject({ ended });
    expect(picture(replayed(harness.stored))).toBe(picture(harness.state));
  });

  test('that are the same record no contradiction', () => {
    const result = start(by('p1', complete('j', 8)), complete('j', 8)).when(submit('j', 10));
    expect(result.types).toEqual(['CreditsReserved', 'CreditsConsumed', 'CreditsRefunded']);
  });

  test('of which the first cannot be rated: the other one counts', () => {
    const first: TestCommand = {
      type: 'EndJob',
      jobId: 'j',
      outcome: { kind: 'completed', usage: { files: [{ type: 'none such' }] } },
    };
    const harness = start(first, by('p1', complete('j', 8)));
    expect(harness.when(submit('j', 10)).answer).toMatchObject({ ended: COMPLETED });
  });

  test('of which the second cannot be rated: the answer has the first one', () => {
    const second: TestCommand = {
      type: 'EndJob',
      jobId: 'j',
      outcome: { kind: 'completed', usage: { files: [{ type: 'none such' }] } },
    };
    const harness = start(by('p1', complete('j', 8)), second);
    expect(harness.when(submit('j', 10)).answer).toMatchObject({ ended: COMPLETED });
  });

  test('a contradiction by one project does not affect the outcome of another', () => {
    const harness = start(complete('j', 8), by('p2', fail('j')));
    expect(harness.when(by('p2', complete('j', 8))).types).toEqual(['OutcomeContradicted']);
    expect(harness.when(fail('j')).types).toEqual(['OutcomeContradicted']);
    const innocent = start(complete('j', 8), by('p2', fail('j')), by('p2', complete('j', 8)), submit('j', 10));
    expect(innocent.state.settled.get('j')!.contradicted).toBeUndefined();
  });

  test('outcomes of projects are limited separately, so that they cannot block those of services', () => {
    const harness = new LedgerHarness({ maxEarlyOutcomes: 1 }).run(OPEN, by('p1', fail('a')));
    expect(codeOf(harness.when(by('p2', fail('b'))))).toBe('too_many_jobs');
    expect(codeOf(harness.when(fail('a')))).toBe('remembered');
    expect(codeOf(harness.when(fail('c')))).toBe('too_many_jobs');
  });

  test('each is removed with its own window, and all survive a snapshot', () => {
    const harness = start(by('p1', fail('j')), wait(2 * DAY), complete('j', 8));
    expect(picture(loadLedger(saveLedger(harness.state)))).toBe(picture(harness.state));
    harness.run(wait(34 * DAY), { type: 'CloseJobWindow' });
    expect(harness.when(submit('j', 10)).answer).toMatchObject({ ended: COMPLETED });
    harness.run(by('p1', fail('k')), wait(36 * DAY), { type: 'CloseJobWindow' });
    expect(harness.state.early.size).toBe(0);
  });
});
