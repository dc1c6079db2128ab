import fc from 'fast-check';
import { loadLedger, saveLedger, type Ledger } from '..';
import {
  LedgerHarness,
  complete,
  fail,
  given,
  grant,
  heartbeat,
  HOUR,
  OPEN,
  picture,
  submit,
  wait,
  type HarnessStep,
} from '../../support/ledger-harness';

const step: fc.Arbitrary<HarnessStep> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 30 }))
    .map(([job, pages]) => submit(`j${job}`, pages)),
  fc
    .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 40 }))
    .map(([job, pages]) => complete(`j${job}`, pages)),
  fc.integer({ min: 0, max: 9 }).map((job) => fail(`j${job}`)),
  fc.integer({ min: 0, max: 9 }).map((job): HarnessStep => ({ ...fail(`j${job}`), projectId: 'p2' }) as HarnessStep),
  fc.integer({ min: 0, max: 9 }).map((job) => heartbeat(`j${job}`)),
  fc
    .tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 99 }))
    .map(([id, credits]) => grant(`g${id}`, credits)),
  fc.integer({ min: 1, max: 2 * HOUR }).map(wait),
);

/** Empty queues are equal to missing ones. */
const essence = (state: Ledger): string => picture(state).replace(/\[(\d+|"[a-z-]+"),\[\]\],?/g, '');

describe('a snapshot', () => {
  test('restores an equal state after any history', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const harness = given(...steps);
        const restored = loadLedger(saveLedger(harness.state));
        expect(essence(restored)).toBe(essence(harness.state));
      }),
    ));

  test('leads to the same decisions as the state it was taken from', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.array(step, { maxLength: 30 }), (before, after) => {
        const straight = given(...before, ...after);
        const resumed = new LedgerHarness().run(OPEN, ...before);
        resumed.state = loadLedger(saveLedger(resumed.state));
        resumed.run(...after);
        expect(resumed.stored).toEqual(straight.stored);
      }),
    ));

  test('keeps jobs with equal deadlines in the order in which they were queued', () => {
    const harness = given(grant('g', 9), submit('first', 1), wait(HOUR / 2), submit('second', 1), heartbeat('first'));
    const { expiresAt } = harness.state.jobs.get('first')!;
    expect(harness.state.jobs.get('second')!.expiresAt).toBe(expiresAt);
    const order = (state: Ledger) => [...state.waiting.values()].flatMap((queue) => [...queue.keys()]);
    expect(order(harness.state)).toEqual(['second', 'first']);
    expect(order(loadLedger(saveLedger(harness.state)))).toEqual(['second', 'first']);
  });
});
