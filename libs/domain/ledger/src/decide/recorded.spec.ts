import {
  at,
  complete,
  fail,
  given,
  grant,
  heartbeat,
  HOUR,
  MINUTE,
  START,
  submit,
  TICK,
  wait,
} from '../../support/ledger-harness';
import { facts, ids, onDemand, rating, reservation, ofJob, mine } from '../../support/whole-events';

// Complete events: a missing member cannot be added later.

describe('metadata', () => {
  test('every event has the command’s ids, actor and time', () => {
    const { events } = given(onDemand, grant('g', 4), wait(MINUTE)).when({
      ...submit('j', 10),
      ...ids,
      occurredAt: START,
    });
    const metadata = { schemaVersion: 1, occurredAt: START, recordedAt: at(MINUTE), ...ids };
    expect(events.map((event) => event.metadata)).toEqual([metadata, metadata]);
  });

  test('without occurredAt, the time of the decision is used', () => {
    const { events } = given(wait(MINUTE)).when(grant('g', 4));
    expect(events.map(({ metadata }) => metadata)).toEqual([
      { schemaVersion: 1, occurredAt: at(MINUTE), recordedAt: at(MINUTE) },
    ]);
  });

  test('a remembered outcome is applied with its own time and the submission’s ids', () => {
    const harness = given(grant('g', 10), {
      ...complete('j', 8),
      correlationId: 'other',
      causationId: 'other',
      actor: 'bob',
    });
    const { events } = harness.run(wait(MINUTE)).when({ ...submit('j', 10), ...ids });
    const common = { schemaVersion: 1, recordedAt: at(MINUTE), ...ids };
    expect(events.map(({ type, metadata }) => [type, metadata])).toEqual([
      ['CreditsReserved', { ...common, occurredAt: at(MINUTE) }],
      ['CreditsConsumed', { ...common, occurredAt: START }],
      ['CreditsRefunded', { ...common, occurredAt: START }],
    ]);
  });

  test('a time-out keeps the ids of the command that applied it, but not its actor', () => {
    const harness = given(grant('g', 10), submit('j', 4), wait(2 * HOUR));
    expect(harness.when({ ...TICK, ...ids }).events.map(({ metadata }) => metadata)).toEqual([
      {
        schemaVersion: 1,
        occurredAt: at(HOUR),
        recordedAt: at(2 * HOUR),
        correlationId: 'flow-1',
        causationId: 'message-1',
      },
    ]);
  });
});

describe('a job', () => {
  test('reserved, with overage and surcharges', () => {
    const job = { operation: 'read', usage: { pages: 10 }, features: ['structured', 'instructed'] };
    const draws = [
      { grantId: 'g', kind: 'top-up', credits: 4 },
      { grantId: 'payg:j', kind: 'pay-as-you-go', credits: 16 },
    ];
    const result = given(onDemand, grant('g', 4)).when(submit('j', 0, { apiKeyId: 'k1', job }));
    expect(facts(result)).toEqual([
      ['CreditsGranted', { grantId: 'payg:j', kind: 'pay-as-you-go', credits: 16, reason: 'overage', jobId: 'j' }],
      [
        'CreditsReserved',
        reservation('j', 10, {
          credits: 20,
          draws,
          features: ['instructed', 'structured'],
          rating: { ...rating(10), surcharges: [{ feature: 'advanced', unitCredits: 1 }], credits: 20 },
        }),
      ],
    ]);
    expect(result.answer).toEqual({ kind: 'reserved', credits: 20, draws });
  });

  test('extended', () => {
    const result = given(grant('g', 10), submit('j', 4), wait(30 * MINUTE)).when(heartbeat('j'));
    expect(facts(result)).toEqual([['ReservationExtended', { jobId: 'j', expiresAt: at(90 * MINUTE) }]]);
  });

  test('completed with less than was reserved', () => {
    const harness = given(grant('g', 3), wait(1), grant('h', 3), wait(1), grant('i', 9), mine('j', 8));
    const result = harness.when(complete('j', 4));
    expect(facts(result)).toEqual([
      [
        'CreditsConsumed',
        {
          ...ofJob('j'),
          credits: 4,
          draws: [
            { grantId: 'g', kind: 'top-up', credits: 3 },
            { grantId: 'h', kind: 'top-up', credits: 1 },
          ],
          surplus: [],
          writtenOff: 0,
          rating: rating(4),
        },
      ],
      [
        'CreditsRefunded',
        {
          ...ofJob('j'),
          credits: 4,
          draws: [
            { grantId: 'h', kind: 'top-up', credits: 2 },
            { grantId: 'i', kind: 'top-up', credits: 2 },
          ],
          reason: 'unused',
        },
      ],
    ]);
    expect(result.answer).toEqual({
      kind: 'ended',
      status: 'consumed',
      consumed: 4,
      refunded: 4,
      writtenOff: 0,
    });
  });

  test.each([
    ['without overage', TICK],
    ['with overage', onDemand],
  ])('completed as reserved, %s: no credits but the reserved ones', (_, overage) => {
    const harness = given(overage, grant('g', 10), mine('j', 10));
    const result = harness.when(complete('j', 10));
    expect(facts(result)).toEqual([
      [
        'CreditsConsumed',
        {
          ...ofJob('j'),
          credits: 10,
          draws: [{ grantId: 'g', kind: 'top-up', credits: 10 }],
          surplus: [],
          writtenOff: 0,
          rating: rating(10),
        },
      ],
    ]);
  });

  test('completed with more, without overage: the surplus is drawn, the rest written off', () => {
    const result = given(grant('g', 12), mine('j', 10)).when(complete('j', 15));
    expect(facts(result)).toEqual([
      [
        'CreditsConsumed',
        {
          ...ofJob('j'),
          credits: 12,
          draws: [{ grantId: 'g', kind: 'top-up', credits: 10 }],
          surplus: [{ grantId: 'g', kind: 'top-up', credits: 2 }],
          writtenOff: 3,
          rating: rating(15),
        },
      ],
    ]);
    expect(result.answer).toEqual({
      kind: 'ended',
      status: 'consumed',
      consumed: 12,
      refunded: 0,
      writtenOff: 3,
    });
  });

  test('completed with more, with overage: a grant of its own pays the rest', () => {
    const result = given(onDemand, grant('g', 12), mine('j', 10)).when(complete('j', 15));
    expect(facts(result)).toEqual([
      ['CreditsGranted', { grantId: 'surplus:j', kind: 'pay-as-you-go', credits: 3, reason: 'overage', jobId: 'j' }],
      [
        'CreditsConsumed',
        {
          ...ofJob('j'),
          credits: 15,
          draws: [{ grantId: 'g', kind: 'top-up', credits: 10 }],
          surplus: [
            { grantId: 'g', kind: 'top-up', credits: 2 },
            { grantId: 'surplus:j', kind: 'pay-as-you-go', credits: 3 },
          ],
          writtenOff: 0,
          rating: rating(15),
        },
      ],
    ]);
    expect(result.answer).toEqual({
      kind: 'ended',
      status: 'consumed',
      consumed: 15,
      refunded: 0,
      writtenOff: 0,
    });
  });

  test.each(['failed', 'incomplete'] as const)('%s: all credits are refunded', (reason) => {
    const result = given(grant('g', 10), mine('j', 6)).when(fail('j', reason));
    expect(facts(result)).toEqual([
      ['CreditsRefunded', { ...ofJob('j'), credits: 6, draws: [{ grantId: 'g', kind: 'top-up', credits: 6 }], reason }],
    ]);
    expect(result.answer).toEqual({
      kind: 'ended',
      status: 'refunded',
      consumed: 0,
      refunded: 6,
      writtenOff: 0,
    });
  });

  test('timed out, then completed: the second event carries the whole job', () => {
    const harness = given(grant('g', 10), mine('j', 6), wait(2 * HOUR));
    const draws = [{ grantId: 'g', kind: 'top-up', credits: 6 }];
    expect(facts(harness.when(TICK))).toEqual([
      ['CreditsRefunded', { ...ofJob('j'), credits: 6, draws, reason: 'timed-out' }],
    ]);
    const result = harness.when(complete('j', 4));
    expect(facts(result)).toEqual([
      [
        'CreditsConsumed',
        {
          ...ofJob('j'),
          credits: 4,
          draws: [],
          surplus: [{ grantId: 'g', kind: 'top-up', credits: 4 }],
          writtenOff: 0,
          rating: rating(4),
          late: { reservation: reservation('j', 6), revision: 2, refunded: 6 },
        },
      ],
    ]);
    expect(result.answer).toEqual({
      kind: 'ended',
      status: 'consumed',
      consumed: 4,
      refunded: 6,
      writtenOff: 0,
    });
  });

  test('timed out, then failed: nothing moves, and the event carries the whole job', () => {
    const harness = given(grant('g', 10), mine('j', 6), wait(2 * HOUR), TICK);
    expect(facts(harness.when(fail('j')))).toEqual([
      [
        'CreditsRefunded',
        {
          ...ofJob('j'),
          credits: 0,
          draws: [],
          reason: 'failed',
          late: { reservation: reservation('j', 6), revision: 2, refunded: 6 },
        },
      ],
    ]);
  });

  test('remembered, and contradicted', () => {
    const harness = given(grant('g', 10));
    const early = harness.when(complete('j', 8));
    expect(facts(early)).toEqual([
      ['OutcomeRemembered', { jobId: 'j', outcome: { kind: 'completed', usage: { pages: 8 } } }],
    ]);
    expect(early.answer).toEqual({ kind: 'remembered', outcome: { kind: 'completed', usage: { pages: 8 } } });
    const second = harness.when(fail('j', 'incomplete'));
    expect(facts(second)).toEqual([
      ['OutcomeContradicted', { jobId: 'j', outcome: { kind: 'failed', reason: 'incomplete' } }],
    ]);
    expect(second.answer).toEqual(early.answer);
  });

  test('the answer to a repeated outcome says whether it agrees', () => {
    const harness = given(grant('g', 12), submit('j', 10));
    harness.run(complete('j', 15));
    const answer = { kind: 'ended', status: 'consumed', consumed: 12, refunded: 0, writtenOff: 3 };
    expect(harness.when(complete('j', 15)).answer).toEqual({
      ...answer,
      repeated: { revision: 3, contradicted: false },
    });
    expect(harness.when(complete('j', 12)).answer).toEqual({
      ...answer,
      repeated: { revision: 3, contradicted: true },
    });
  });
});
