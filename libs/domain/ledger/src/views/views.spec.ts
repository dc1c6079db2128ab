import {
  BALANCES,
  balances,
  decode,
  grants,
  history,
  JOB_GRANTS,
  jobs,
  settledJob,
  usage,
  type LedgerView,
  type LedgerStreamEvent,
} from '..';
import {
  at,
  complete,
  draw,
  fail,
  given,
  grant,
  HOUR,
  revoke,
  START,
  submit,
  TICK,
  wait,
  type LedgerHarness,
} from '../../support/ledger-harness';
import { rowsOf } from '../../support/rows';

const story = () =>
  given(
    grant('g1', 100),
    submit('a', 10),
    complete('a', 7),
    submit('b', 20),
    fail('b'),
    complete('early', 3),
    submit('c', 30),
    wait(2 * HOUR),
    TICK,
  );

describe('the balances view', () => {
  test('equals the ledger’s balance', () => {
    const harness = story();
    const [row] = rowsOf(balances, harness);
    const { grants, ended, ...amounts } = harness.state.balance;
    expect(JSON.parse(row!.balance as string)).toEqual({
      ...amounts,
      grants: JSON.parse(JSON.stringify([...grants.values()])),
    });
    expect(JSON.parse(row!.ended as string)).toEqual(Object.fromEntries(ended));
    expect(row).toMatchObject({
      organizationId: 'org',
      revision: harness.stored.length - 1,
      asOf: harness.state.now,
      dueAt: null,
    });
  });

  test('stops at the first event that does not conserve credits, and has its revision', () => {
    const harness = story();
    const kept = harness.stored[4]!;
    harness.stored[4] = harness.stored[3]!;
    const [row] = rowsOf(balances, harness);
    expect(row).toMatchObject({ revision: 3, damagedAt: 4 });
    for (const batch of [2, 3, 100]) expect(rowsOf(balances, harness, batch)).toEqual([row]);
    harness.stored[4] = kept;
    expect(rowsOf(balances, harness)[0]!.damagedAt).toBeNull();
  });

  test('has the next expiry', () => {
    const harness = given(
      grant('g1', 5, { expiresAt: '2026-12-24T00:00:00.000Z' }),
      grant('g2', 5, { expiresAt: '2026-12-01T00:00:00.000Z' }),
    );
    expect(rowsOf(balances, harness)[0]!.dueAt).toBe('2026-12-01T00:00:00.000Z');
  });
});

describe('the grants view', () => {
  const rows = (harness: LedgerHarness) => new Map(rowsOf(grants, harness).map((row) => [row.grantId, row]));

  test('has every grant with its amounts, including used up, expired and revoked ones', () => {
    const expiresAt = at(HOUR);
    const harness = given(
      grant('used', 5),
      submit('a', 5),
      complete('a'),
      grant('short', 7, { kind: 'promotional', scope: ['read'], expiresAt }),
      grant('back', 9),
      revoke('back'),
      wait(2 * HOUR),
      TICK,
      grant('left', 4),
    );
    const found = rows(harness);
    expect(found.get('used')).toMatchObject({ state: 'ended', granted: 5, consumed: 5, ended: null, revision: 1 });
    expect(found.get('short')).toMatchObject({
      state: 'ended',
      kind: 'promotional',
      granted: 7,
      expired: 7,
      ended: 'expired',
      scope: '["read"]',
      expiresAt,
    });
    expect(found.get('back')).toMatchObject({ state: 'ended', granted: 9, revoked: 9, ended: 'revoked' });
    expect(found.get('left')).toMatchObject({ state: 'live', granted: 4, available: 4, ended: null, count: 1 });
  });

  test('shows a revoked grant with reserved credits as live and revoked', () => {
    const harness = given(grant('g', 10), submit('a', 4), revoke('g'));
    expect(rows(harness).get('g')).toMatchObject({ state: 'live', ended: 'revoked', reserved: 4, revoked: 6 });
    harness.run(fail('a'));
    expect(rows(harness).get('g')).toMatchObject({ state: 'ended', ended: 'revoked', reserved: 0, revoked: 10 });
  });

  test('shows a trial under its own id', () => {
    const harness = given(submit('a', 0, { job: draw }));
    expect(rows(harness).get('trial:draw')).toMatchObject({ kind: 'trial', count: 1, state: 'live' });
    expect(rows(harness).has(JOB_GRANTS)).toBe(false);
  });

  test('sums the grants of single jobs in one row, at the revision of the first', () => {
    const harness = given({ type: 'SetOverage', overage: 'pay-as-you-go' });
    harness.run(submit('a', 5), submit('b', 7), complete('a', 8), fail('b'));
    const found = rows(harness);
    expect([...found.keys()]).toEqual([JOB_GRANTS]);
    expect(found.get(JOB_GRANTS)).toMatchObject({
      kind: 'pay-as-you-go',
      count: 3,
      granted: 15,
      consumed: 8,
      revoked: 7,
      state: 'ended',
      ended: null,
      expiresAt: null,
      revision: 2,
    });
  });
});

describe('the history view', () => {
  test('has a row for every movement, and no others', () => {
    expect(
      rowsOf(history, story()).map(({ revision, kind, credits, jobId }) => [revision, kind, credits, jobId]),
    ).toEqual([
      [1, 'grant', 100, null],
      [2, 'reserve', 10, 'a'],
      [3, 'consume', 7, 'a'],
      [4, 'refund', 3, 'a'],
      [5, 'reserve', 20, 'b'],
      [6, 'refund', 20, 'b'],
      [8, 'reserve', 30, 'c'],
      [9, 'refund', 30, 'c'],
    ]);
  });
});

describe('the usage view', () => {
  test('adds up by day, project and operation', () => {
    expect(rowsOf(usage, story())).toEqual([
      expect.objectContaining({
        day: START.slice(0, 10),
        projectId: 'p1',
        operation: 'read',
        apiKeyId: '',
        jobs: 3,
        reserved: 60,
        consumed: 7,
        refunded: 53,
      }),
    ]);
  });
});

describe('the jobs view', () => {
  test('has the status of each job', () => {
    expect(
      rowsOf(jobs, story()).map(({ jobId, status, credits, consumed, refunded, dueAt }) => ({
        jobId,
        status,
        credits,
        consumed,
        refunded,
        dueAt,
      })),
    ).toEqual([
      { jobId: 'a', status: 'consumed', credits: 10, consumed: 7, refunded: 3, dueAt: null },
      { jobId: 'b', status: 'refunded', credits: 20, consumed: 0, refunded: 20, dueAt: null },
      { jobId: 'early', status: 'awaiting', credits: null, consumed: 0, refunded: 0, dueAt: null },
      { jobId: 'c', status: 'timed-out', credits: 30, consumed: 0, refunded: 30, dueAt: null },
    ]);
  });

  test('returns settled jobs as the state had them', () => {
    const harness = story();
    const settled = rowsOf(jobs, harness).flatMap((row) => settledJob(row) ?? []);
    const known = [...harness.state.settled.values()].map((job) => ({ contradicted: false, ...job }));
    expect(settled).toEqual(JSON.parse(JSON.stringify(known)));
  });

  test('removes jobs that ended before the window', () => {
    const harness = story().run(wait(40 * 24 * HOUR), { type: 'CloseJobWindow' });
    const closed: LedgerStreamEvent = {
      entityId: 'org',
      revision: 11,
      event: decode(JSON.parse(harness.stored.at(-1)!)),
    };
    const removed = jobs.removes!(closed) as { endedAt: { before: string } };
    expect(rowsOf(jobs, harness).every(({ endedAt }) => (endedAt as string) < removed.endedAt.before)).toBe(true);
  });
});

describe('every view', () => {
  test.each([balances, grants, history, usage, jobs] as LedgerView<unknown>[])(
    '$table.name has the same rows however the log is cut',
    (view) => {
      const harness = story();
      for (const batch of [2, 3, 5, 100]) expect(rowsOf(view, harness, batch)).toEqual(rowsOf(view, harness));
    },
  );

  test('writes the columns that its table has', () => {
    for (const view of [balances, grants, history, usage, jobs] as LedgerView<unknown>[])
      for (const row of rowsOf(view, story()))
        expect(Object.keys(row).sort()).toEqual(Object.keys(view.table.columns).sort());
    expect(BALANCES.key).toEqual(['organizationId']);
  });
});
