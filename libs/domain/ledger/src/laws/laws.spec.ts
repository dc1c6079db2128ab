import fc from 'fast-check';
import {
  at,
  complete,
  fail,
  given,
  grant,
  heartbeat,
  MINUTE,
  picture,
  places,
  replayed,
  revoke,
  submit,
  TICK,
  wait,
  type LedgerHarness,
  type HarnessStep,
} from '../../support/ledger-harness';
import { rowsOf } from '../../support/rows';
import { ReferenceModel } from '../../support/reference-model';
import { forgetSettled, grants, AMOUNT_NAMES, type Job, type Ledger, type LedgerEvent } from '..';

// Properties of every history.

type AmountMatcher = { readonly [place in (typeof AMOUNT_NAMES)[number]]?: unknown };
const KINDS = ['trial', 'promotional', 'package', 'top-up'] as const;
/** A package must have an expiry. */
const ending = <T extends { kind: number; minutes: number | undefined }>(grant: T): T =>
  KINDS[grant.kind] === 'package' ? { ...grant, minutes: grant.minutes ?? 60 } : grant;
const name = (prefix: string, below: number) => fc.nat(below - 1).map((i) => prefix + i);
const tens = (most: number) => fc.integer({ min: 1, max: most }).map((n) => n * 10);
const jobs = name('j', 4);
const PROJECTS = ['p0', 'p1'];
const projects = fc.constantFrom(...PROJECTS);

/** Every time in the histories is a multiple of ten minutes, so that a tick every ten minutes misses nothing. */
const historyEntry = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .record({
        do: fc.constant('grant' as const),
        id: name('g', 5),
        kind: fc.nat(3),
        credits: fc.integer({ min: 1, max: 20 }),
        minutes: fc.constantFrom(undefined, 60, 100),
      })
      .map(ending),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('submit' as const),
      id: jobs,
      project: projects,
      size: fc.integer({ min: 1, max: 15 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('outcome' as const),
      id: jobs,
      used: fc.option(fc.nat(20), { nil: undefined }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('heartbeat' as const), id: jobs }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('revoke' as const), id: name('g', 5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('overage' as const), on: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('cap' as const), project: projects, credits: fc.nat(40) }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: tens(5) }) },
);
type HistoryEntry = typeof historyEntry extends fc.Arbitrary<infer T> ? T : never;
const histories = fc.array(historyEntry, { maxLength: 50, size: 'max' });

function stepOf(happening: HistoryEntry, now: () => string): HarnessStep {
  switch (happening.do) {
    case 'grant': {
      const { id, kind, credits, minutes } = happening;
      const expiresAt =
        minutes === undefined ? undefined : at(Date.parse(now()) - Date.parse(at(0)) + minutes * MINUTE);
      return grant(id, credits, { kind: KINDS[kind], expiresAt });
    }
    case 'submit':
      return submit(happening.id, happening.size, { projectId: happening.project });
    case 'outcome':
      return happening.used === undefined ? fail(happening.id) : complete(happening.id, happening.used);
    case 'heartbeat':
      return heartbeat(happening.id);
    case 'revoke':
      return revoke(happening.id);
    case 'overage':
      return { type: 'SetOverage', overage: happening.on ? 'pay-as-you-go' : 'none' };
    case 'cap':
      return { type: 'SetBudgetCap', target: { projectId: happening.project }, credits: happening.credits };
    case 'wait':
      return wait(happening.minutes * MINUTE);
  }
}

function applyTo(model: ReferenceModel, happening: HistoryEntry): void {
  switch (happening.do) {
    case 'grant':
      return model.grant(happening.id, happening.kind, happening.credits, happening.minutes);
    case 'submit':
      return model.submit(happening.id, happening.project, happening.size);
    case 'outcome':
      return model.outcome(happening.id, happening.used);
    case 'heartbeat':
      return model.heartbeat(happening.id);
    case 'revoke':
      return model.revoke(happening.id);
    case 'overage':
      model.overage = happening.on;
      return;
    case 'cap':
      model.caps.set(happening.project, happening.credits);
      return;
    case 'wait':
      return model.wait(happening.minutes);
  }
}

const quick = (...steps: HarnessStep[]): LedgerHarness => Object.assign(given(), { trusts: true }).run(...steps);

function run(harness: LedgerHarness, history: readonly HistoryEntry[]): LedgerHarness {
  for (const happening of history) harness.run(stepOf(happening, () => harness.now));
  return harness;
}

/** Checked after each event: credits are conserved, no amount is negative, and no reservation exceeds a cap. */
function assertSound({ balance, spent, caps }: Ledger, event: LedgerEvent): void {
  const parts = [...balance.grants.values(), ...balance.ended.values()];
  const isWhole = AMOUNT_NAMES.every((place) => balance[place] === parts.reduce((sum, part) => sum + part[place], 0));
  const isSound = [balance, ...parts].every((each) => {
    const parts = [each.available, each.reserved, each.consumed, each.expired, each.revoked];
    return Math.min(...parts) >= 0 && parts.reduce((sum, part) => sum + part) === each.granted;
  });
  if (!isWhole || !isSound) throw new Error(`The harness do not add up: ${JSON.stringify(balance)}`);
  if (event.type !== 'CreditsReserved') return;
  const target = `project/${event.data.projectId}`;
  expect(spent.get(target)!.value).toBeLessThanOrEqual(caps.get(target) ?? Infinity);
}

test('every history ends as in the independent model, and every event conserves credits', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const harness = quick();
      harness.check = assertSound;
      const model = new ReferenceModel();
      for (const happening of history) {
        harness.run(
          stepOf(happening, () => harness.now),
          TICK,
        );
        applyTo(model, happening);
        const left = [...model.grants.keys()].map((id) => harness.state.balance.grants.get(id)?.available ?? 0);
        const spent = PROJECTS.map((project) => harness.state.spent.get(`project/${project}`)?.value ?? 0);
        expect([places(harness), left, spent]).toEqual([
          model.places,
          [...model.grants.values()].map((pot) => pot.left),
          PROJECTS.map((project) => model.spentBy(project)),
        ]);
      }
    }),
    { numRuns: 200 },
  );
});

test('replaying the stored events from scratch gives the same state; deciding never changes it', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const harness = run(given(), history);
      expect(picture(replayed(harness.stored))).toBe(picture(harness.state));
      expect(replayed(harness.stored)).toEqual(harness.state);
    }),
    { numRuns: 40 },
  );
});

test('live grants and the ended ones of the grants view are those of the balance: with them the totals add up', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const harness = run(quick(), history);
      const { balance } = harness.state;
      const found = rowsOf(grants, harness);
      const sums = (rows: readonly AmountMatcher[]) =>
        AMOUNT_NAMES.map((place) => rows.reduce((sum, row) => sum + Number(row[place] ?? 0), 0));
      const isOfJobs = ({ grantId }: { grantId?: unknown }) => /^(payg|surplus):/.test(String(grantId));
      const live = [...balance.grants.values()].filter((grant) => !isOfJobs(grant));
      const shown = found.filter((row) => row.state === 'live' && !isOfJobs(row));
      expect(shown.map(({ grantId, ...row }) => [grantId, sums([row])])).toEqual(
        live.map(({ grantId, ...grant }) => [grantId, sums([grant])]),
      );
      for (const kind of [...KINDS, 'pay-as-you-go'] as const) {
        const held = [...balance.grants.values()].filter((grant) => grant.kind === kind);
        const ended = balance.ended.get(kind) ?? {};
        expect(sums(found.filter((row) => row.kind === kind))).toEqual(sums([...held, ended]));
      }
      expect(sums(found)).toEqual(sums([balance]));
    }),
    { numRuns: 100 },
  );
});

test('due events and the state are the same, applied in time or by the next command', () => {
  const timeless = (harness: LedgerHarness) => [
    picture({ ...harness.state, now: '' }).replace(/,"endedAt":"[^"]+"/g, ''),
    harness.stored.map((text) => text.replace(/,"recordedAt":"[^"]+"/, '')),
  ];
  fc.assert(
    fc.property(histories, (history) => {
      const inTime = quick();
      for (const happening of history) {
        if (happening.do === 'wait')
          for (let minutes = 0; minutes < happening.minutes; minutes += 10) inTime.run(wait(10 * MINUTE), TICK);
        else inTime.run(stepOf(happening, () => inTime.now));
      }
      const late = run(quick(), history);
      expect(timeless(late.run(TICK))).toEqual(timeless(inTime.run(TICK)));
    }),
    { numRuns: 60 },
  );
});

test('jobs in the settled-jobs index can be removed from the state at any time: the events are the same', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const [remembering, forgetting] = [quick(), quick()];
      const index = new Map<string, Job>();
      for (const happening of history) {
        const step = stepOf(happening, () => remembering.now);
        remembering.run(step);
        forgetting.run('jobId' in step ? { ...step, settled: index.get(step.jobId) } : step);
        const { settled, contradicted } = forgetting.state;
        for (const [id, job] of settled) index.set(id, structuredClone(job));
        for (const id of contradicted.keys()) index.set(id, { ...index.get(id)!, contradicted: true });
        forgetSettled(forgetting.state, forgetting.stored.length - 1);
        expect(settled.size + contradicted.size).toBe(0);
      }
      expect(forgetting.stored).toEqual(remembering.stored);
      expect(replayed(forgetting.stored).balance).toEqual(forgetting.state.balance);
    }),
    { numRuns: 60 },
  );
});

interface JobStory {
  readonly size: number;
  /** Undefined if it failed, null if it has not ended. */
  readonly used: number | undefined | null;
}
const stories = fc.record({
  size: fc.integer({ min: 1, max: 15 }),
  used: fc.oneof(fc.nat(20), fc.constant(undefined), fc.constant(null)),
});

function messagesOf({ size, used }: JobStory, id: string): HarnessStep[] {
  const outcome = used === null ? [] : [used === undefined ? fail(id) : complete(id, used)];
  return [submit(id, size), heartbeat(id), ...outcome];
}

/** Every message at least once, in any order, some repeated. */
const shuffled = (messages: HarnessStep[]): fc.Arbitrary<HarnessStep[]> =>
  fc
    .array(fc.constantFrom(...messages), { maxLength: messages.length })
    .chain((again) => fc.shuffledSubarray([...messages, ...again], { minLength: messages.length + again.length }));

test('any order and repetition of the messages of many jobs ends in the same balances', () => {
  const many = fc
    .array(stories, { minLength: 1, maxLength: 6 })
    .chain((all) => fc.tuple(fc.constant(all), shuffled(all.flatMap((story, i) => messagesOf(story, `j${i}`)))));
  fc.assert(
    fc.property(many, ([all, messages]) => {
      const harness = quick(grant('a', 30), wait(1), grant('b', 170)).run(...messages);
      const consumed = all.reduce((sum, { used }) => sum + (used ?? 0), 0);
      const reserved = all.reduce((sum, { size, used }) => sum + (used === null ? size : 0), 0);
      expect(places(harness)).toEqual([200 - consumed - reserved, reserved, consumed, 0, 0]);
      expect(harness.state.spent.get('project/p1')).toMatchObject({ value: consumed + reserved });
      expect(harness.state.reported.get('#reservations')).toMatchObject({
        value: all.filter(({ used }) => used !== undefined).length,
      });
    }),
    { numRuns: 120 },
  );
});

test('any order and repetition of one job’s messages ends in the same grants, with or without enough credits', () => {
  const one = fc.tuple(
    stories.chain((story) => fc.tuple(fc.constant(story), shuffled(messagesOf(story, 'j')))),
    fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 4 }),
    fc.boolean(),
  );
  fc.assert(
    fc.property(one, ([[story, messages], grants, overage]) => {
      const start = () =>
        quick(
          { type: 'SetOverage', overage: overage ? 'pay-as-you-go' : 'none' },
          ...grants.map((credits, i) => grant(`g${i}`, credits)),
        );
      const balanceOf = (harness: LedgerHarness) => harness.run(...messagesOf(story, 'j')).state.balance;
      expect(balanceOf(start().run(...messages))).toEqual(balanceOf(start()));
    }),
    { numRuns: 120 },
  );
});

test('a refund restores the grants it was drawn from', () => {
  fc.assert(
    fc.property(histories, fc.integer({ min: 1, max: 30 }), (history, size) => {
      const harness = run(quick(), history).run(TICK);
      const before = [...harness.state.balance.grants.values()].map(({ grantId, available }) => [grantId, available]);
      harness.run(submit('the-job', size), fail('the-job'));
      const after = [...harness.state.balance.grants.values()].map(({ grantId, available }) => [grantId, available]);
      expect(after).toEqual(before);
    }),
    { numRuns: 60 },
  );
});
