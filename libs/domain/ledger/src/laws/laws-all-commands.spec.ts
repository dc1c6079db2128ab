import fc from 'fast-check';
import {
  at,
  LedgerHarness,
  complete,
  DAY,
  draw,
  fail,
  givenUnder,
  grant,
  heartbeat,
  HOUR,
  MINUTE,
  OPEN,
  replayed,
  revoke,
  submit,
  TICK,
  wait,
  type TestCommand,
  type HarnessStep,
} from '../../support/ledger-harness';
import { LIMITED } from '../../support/catalogs';
import { forgetSettled, loadLedger, saveLedger, type Job } from '..';

// Properties without a model, over histories of all commands: operations with their own time-outs, plans, keys, scopes, reports.

const among = <T>(...values: T[]) => fc.constantFrom(...values);
const names = (prefix: string, count: number) => fc.nat(count - 1).map((i) => prefix + i);
const job = fc.oneof(
  fc.integer({ min: 1, max: 9 }).map((pages) => ({ operation: 'read', usage: { pages } })),
  fc.integer({ min: 1, max: 2 }).map((files) => ({
    operation: 'convert',
    usage: { files: Array.from({ length: files }, () => ({ type: 'pdf' })) },
  })),
  fc.constant(draw),
);
const minutes = (most: number) => fc.integer({ min: 1, max: most }).map((ten) => ten * 10 * MINUTE);
const expiresAt = fc.option(
  fc.integer({ min: 1, max: 90 }).map((hours) => at(hours * 20 * MINUTE)),
  { nil: undefined },
);

const step: fc.Arbitrary<HarnessStep> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(names('j', 5), among('p1', 'p2'), among(undefined, 'k1'), job)
      .map(([id, projectId, apiKeyId, of]) => submit(id, 0, { projectId, apiKeyId, job: of })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(names('j', 6), fc.option(fc.nat(12), { nil: undefined }))
      .map(([id, pages]) => complete(id, pages)),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(names('j', 6), among<'failed' | 'incomplete'>('failed', 'incomplete'))
      .map(([id, reason]) => fail(id, reason)),
  },
  { weight: 2, arbitrary: names('j', 5).map(heartbeat) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        names('g', 6),
        fc.integer({ min: 1, max: 20 }),
        expiresAt,
        among(undefined, ['read'], ['draw', 'convert']),
        among<'top-up' | 'package'>('top-up', 'package'),
      )
      .map(([id, credits, expires, scope, kind]) => grant(id, credits, { expiresAt: expires, scope, kind })),
  },
  { weight: 2, arbitrary: among('g0', 'g1', 'g2', 'trial:draw').map(revoke) },
  {
    weight: 2,
    arbitrary: among(undefined, 'free', 'large').map((plan): HarnessStep => ({ type: 'SetPlan', plan })),
  },
  {
    weight: 1,
    arbitrary: among<'none' | 'auto' | 'pay-as-you-go'>('none', 'auto', 'pay-as-you-go').map(
      (overage): HarnessStep => ({
        type: 'SetOverage',
        overage,
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(among({ projectId: 'p1' }, { apiKeyId: 'k1' }), among(undefined, 5, 30))
      .map(([target, credits]): HarnessStep => ({ type: 'SetBudgetCap', target, credits })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(among('storage', 'templates', 'calls'), among('p1', 'p2'), fc.nat(5))
      .map(([limit, projectId, value]): HarnessStep => ({ type: 'ReportUsage', limit, projectId, value })),
  },
  {
    weight: 1,
    arbitrary: among<TestCommand>(
      { type: 'CloseJobWindow' },
      { type: 'ChangeSettings', settings: { retentionDays: 3 } },
      { type: 'SealHistory', upTo: 1, digest: 'd' },
    ),
  },
  {
    weight: 5,
    arbitrary: fc
      .oneof({ weight: 4, arbitrary: minutes(8) }, { weight: 1, arbitrary: among(9 * DAY, 20 * DAY) })
      .map(wait),
  },
);
const histories = fc.array(step, { maxLength: 40, size: 'max' });

const begin = (): LedgerHarness => Object.assign(givenUnder({ catalog: LIMITED }), { trusts: true });

test('replaying the events and restoring a snapshot give the same state', () => {
  fc.assert(
    fc.property(histories, histories, (before, after) => {
      const harness = begin().run(...before);
      expect(replayed(harness.stored)).toEqual(harness.state);
      const restored = begin();
      Object.assign(restored, { state: loadLedger(saveLedger(harness.state)), now: harness.now });
      restored.stored.splice(0, Infinity, ...harness.stored);
      expect(restored.run(...after).stored).toEqual(harness.run(...after).stored);
    }),
    { numRuns: 60 },
  );
});

test('due events are the same, applied every ten minutes or by the next command', () => {
  const timeless = (harness: LedgerHarness) => harness.stored.map((text) => text.replace(/,"recordedAt":"[^"]+"/, ''));
  fc.assert(
    fc.property(histories, (history) => {
      const [inTime, late] = [begin(), begin()];
      for (const each of history) {
        if (!('wait' in each)) inTime.run(each);
        else
          for (let left = Math.min(each.wait, 30 * HOUR); left > 0; left -= 10 * MINUTE)
            inTime.run(wait(10 * MINUTE), TICK);
        if (!('wait' in each)) late.run(each);
        else late.run(wait(Math.min(each.wait, 30 * HOUR)));
      }
      expect(timeless(late.run(TICK))).toEqual(timeless(inTime.run(TICK)));
    }),
    { numRuns: 25 },
  );
});

test('jobs in the settled-jobs index can be removed at any time: the events are the same', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const [remembering, forgetting] = [begin(), begin()];
      const index = new Map<string, Job>();
      for (const each of history) {
        remembering.run(each);
        forgetting.run('jobId' in each ? { ...each, settled: index.get(each.jobId) } : each);
        const { settled, contradicted } = forgetting.state;
        for (const [id, ended] of settled) index.set(id, structuredClone(ended));
        for (const id of contradicted.keys()) index.set(id, { ...index.get(id)!, contradicted: true });
        forgetSettled(forgetting.state, forgetting.stored.length - 1);
      }
      expect(forgetting.stored).toEqual(remembering.stored);
    }),
    { numRuns: 60 },
  );
});

test('a command sent twice leads to the same events as once', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const [once, twice] = [begin(), begin()];
      for (const each of history) {
        once.run(each);
        twice.run(each, ...('wait' in each ? [] : [each]));
      }
      expect(twice.stored).toEqual(once.stored);
    }),
    { numRuns: 60 },
  );
});

test('grants never hold more than was granted, and no count is negative', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const harness = new LedgerHarness({ catalog: LIMITED });
      harness.check = ({ balance, spent, reported }) => {
        for (const { granted, available, reserved, consumed, expired, revoked } of [
          balance,
          ...balance.grants.values(),
        ])
          expect(available + reserved + consumed + expired + revoked).toBe(granted);
        for (const { value } of [...spent.values(), ...reported.values()]) expect(value).toBeGreaterThanOrEqual(0);
      };
      Object.assign(harness, { trusts: true }).run(OPEN, ...history);
    }),
    { numRuns: 60 },
  );
});
