import fc from 'fast-check';
import { earliest, instantOf, millisecondsOf } from '@tallystick/domain/kernel';
import {
  complete,
  DAY,
  draw,
  fail,
  grant,
  HOUR,
  OPEN,
  picture,
  replayed,
  submit,
  TICK,
  type HarnessResult,
  type TestCommand,
} from '../../support/ledger-harness';
import { BOUGHT, pay, PlanHarness, schedule } from '../../support/plans';
import { SOLD } from '../../support/catalogs';
import { rowsOf } from '../../support/rows';
import { audit, decode, loadLedger, newAudit, nextInstant, saveLedger, type Ledger } from '..';
import { balances } from '../views/balances';

// Properties over histories of plans: payments, changes, cancellations, grace, overage, jobs, at times over some months.

const among = <T>(...values: T[]) => fc.constantFrom(...values);
const instant = (hours: number): string => instantOf(millisecondsOf(BOUGHT) + hours * HOUR);
const LAST_HOUR = 120 * 24;
const hour = fc.oneof(
  fc.nat(LAST_HOUR),
  // The ends of periods, and the times just before and after them.
  among(0, 30 * 24, 61 * 24, 91 * 24).chain((end) => fc.integer({ min: -1, max: 25 }).map((more) => end + more)),
);
const plan = among('developer', 'startup', 'package-a', 'package-b');

const payment = fc
  .tuple(
    fc.nat(9),
    plan,
    among(0, 10, 1000),
    among<'keep' | 'new'>('keep', 'new'),
    among(0, DAY, 20 * DAY),
    fc.option(hour),
  )
  .map(([line, id, credits, anchor, graceMilliseconds, at]) => {
    const ends = at === null ? ({ period: true } as const) : { at: instant(at) };
    const endGrants = credits === 10 ? [`invoice:l${line - 1}:0`, 'trial:draw'] : [];
    return pay(`l${line}:0`, id, credits, { anchor, graceMilliseconds, ends, endGrants });
  });

const command: fc.Arbitrary<TestCommand> = fc.oneof(
  { weight: 5, arbitrary: payment },
  { weight: 3, arbitrary: fc.tuple(fc.option(hour), fc.option(plan)).map(([at, id]) => scheduleOf(at, id)) },
  {
    weight: 2,
    arbitrary: fc
      .option(hour)
      .map((at): TestCommand => ({ type: 'SetGrantGrace', graceUntil: at === null ? undefined : instant(at) })),
  },
  { weight: 1, arbitrary: fc.nat(9).map((line): TestCommand => ({ type: 'EndGrant', grantId: `invoice:l${line}:0` })) },
  { weight: 1, arbitrary: fc.nat(4).map((line) => grant(`invoice:t${line}:0`, 50, { sold: true })) },
  {
    weight: 3,
    arbitrary: among<'none' | 'auto' | 'pay-as-you-go'>('none', 'auto', 'pay-as-you-go').map(
      (overage): TestCommand => ({ type: 'SetOverage', overage }),
    ),
  },
  { weight: 5, arbitrary: fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 900 })).map(([id, n]) => submit(`j${id}`, n)) },
  { weight: 1, arbitrary: fc.nat(9).map((id) => submit(`j${id}`, 0, { job: draw })) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 900 })).map(([id, n]) => complete(`j${id}`, n)),
  },
  { weight: 1, arbitrary: fc.nat(9).map((id) => fail(`j${id}`)) },
);
const scheduleOf = (at: number | null, id: string | null): TestCommand =>
  schedule(at === null ? undefined : instant(at), id ?? undefined);

interface Timed {
  readonly at: string;
  readonly command: TestCommand;
}
const histories: fc.Arbitrary<readonly Timed[]> = fc
  .array(fc.tuple(hour, command), { maxLength: 30, size: 'max' })
  .map((steps) =>
    steps.sort(([a], [b]) => a - b).map(([at, one]): Timed => ({ at: instant(Math.max(0, at)), command: one })),
  );

const begin = (): PlanHarness => {
  const harness = new PlanHarness({ catalog: SOLD });
  harness.skipsPurityCheck = true;
  return harness.at(BOUGHT, OPEN);
};
const run = (history: readonly Timed[]): PlanHarness =>
  history.reduce((harness, { at, command: one }) => harness.at(at, one), begin());

/** When something is due next, time-outs included. */
const nextDue = (ledger: Ledger): string | undefined =>
  [...ledger.waiting.values()].reduce(
    (next, queue) => earliest(next, queue.values().next().value?.expiresAt),
    nextInstant(ledger),
  );

/** Sends a tick at each instant at which something is due, up to `until`. */
function tickTo(harness: PlanHarness, until: string): PlanHarness {
  for (let next = nextDue(harness.state); next !== undefined && next <= until; next = nextDue(harness.state))
    harness.at(next, TICK);
  return harness;
}

/** Without the time of the decision, which is late where the tick is late. */
const factsOf = ({ stored }: PlanHarness): unknown[] =>
  stored.map((text) => {
    const { type, data, metadata } = decode(JSON.parse(text));
    return [type, data, metadata.occurredAt];
  });

const isOnce = ({ type }: TestCommand): boolean =>
  type === 'ApplyPlanPayment' || type === 'GrantCredits' || type === 'EndGrant';
const wasAccepted = ({ answer }: HarnessResult): boolean => answer.kind !== 'refused';

const END = instant(LAST_HOUR + 30 * 24);

describe('plans and periods', () => {
  test('a late scheduler leads to the events of one in time', () =>
    fc.assert(
      fc.property(histories, (history) => {
        const inTime = begin();
        for (const { at, command: one } of history) tickTo(inTime, at).at(at, one);
        tickTo(inTime, END);
        const late = run(history).at(END, TICK);
        expect(factsOf(late)).toEqual(factsOf(inTime));
      }),
      { numRuns: 150 },
    ));

  test('every history passes the audit, and replays to the same state', () =>
    fc.assert(
      fc.property(histories, (history) => {
        const harness = run(history).at(END, TICK);
        const state = newAudit();
        const breaches = harness.stored.flatMap((text, revision) => audit(state, decode(JSON.parse(text)), revision));
        expect(breaches).toEqual([]);
        expect(picture(replayed(harness.stored))).toBe(picture(harness.state));
      }),
      { numRuns: 150 },
    ));

  test('a payment, a sale and the end of a grant are harmless at any later time', () =>
    fc.assert(
      fc.property(histories, (history) => {
        const harness = begin();
        const accepted = history.filter(({ at, command: one }) => wasAccepted(harness.whenAt(at, one)) && isOnce(one));
        for (const { command: one } of accepted) expect(harness.when(one).events).toEqual([]);
      }),
      { numRuns: 150 },
    ));

  test('a command that is repeated at once changes nothing', () =>
    fc.assert(
      fc.property(histories, (history) => {
        const harness = begin();
        for (const { at, command: one } of history) {
          harness.at(at, one);
          if (one.type !== 'SubmitJob' && one.type !== 'EndJob') expect(harness.when(one).events).toEqual([]);
        }
      }),
      { numRuns: 150 },
    ));

  test('a snapshot leads to the same decisions', () =>
    fc.assert(
      fc.property(histories, fc.nat(29), (history, cut) => {
        const straight = run(history);
        const resumed = run(history.slice(0, cut));
        resumed.state = loadLedger(saveLedger(resumed.state));
        for (const { at, command: one } of history.slice(cut)) resumed.at(at, one);
        expect(resumed.stored).toEqual(straight.stored);
      }),
      { numRuns: 150 },
    ));

  test('the balances view names the instant of the next tick', () =>
    fc.assert(
      fc.property(histories, (history) => {
        const harness = run(history);
        expect(rowsOf(balances, harness)[0]!.dueAt ?? undefined).toBe(nextInstant(harness.state));
      }),
      { numRuns: 150 },
    ));
});
