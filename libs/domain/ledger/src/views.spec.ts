import {
  BALANCES,
  balances,
  decode,
  history,
  jobs,
  settledJob,
  usage,
  type LedgerView,
  type Placed,
} from './index';
import {
  complete,
  fail,
  given,
  grant,
  HOUR,
  START,
  submit,
  TICK,
  wait,
  type Books,
} from '../test-support/books';

type Row = Record<string, string | number | null>;

/** The rows of one view after a history, each batch folded from the rows as they were written. */
function rowsOf<Model>(view: LedgerView<Model>, books: Books, batch = 1): Row[] {
  const rows = new Map<string, Row>();
  const placed = books.stored.map((text, revision): Placed => ({
    organizationId: 'org',
    revision,
    event: decode(JSON.parse(text)),
  }));
  for (let i = 0; i < placed.length; i += batch) {
    const models = new Map<string, Model>();
    for (const one of placed.slice(i, i + batch))
      for (const key of view.keysOf(one)) {
        const text = key.join(' ');
        models.set(text, view.fold(models.get(text) ?? view.read(rows.get(text), key), one));
      }
    for (const [text, model] of models) rows.set(text, view.write(model) as Row);
  }
  return [...rows.values()];
}

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
  test('has what the ledger itself has', () => {
    const books = story();
    const [row] = rowsOf(balances, books);
    const { grants, ...amounts } = books.state.balance;
    expect(JSON.parse(row!.balance as string)).toEqual({
      ...amounts,
      grants: JSON.parse(JSON.stringify([...grants.values()])),
    });
    expect(row).toMatchObject({
      organizationId: 'org',
      revision: books.stored.length - 1,
      asOf: books.state.now,
      dueAt: null,
    });
  });

  test('stops at what does not add up, and says where', () => {
    const books = story();
    const kept = books.stored[4]!;
    books.stored[4] = books.stored[3]!;
    const [row] = rowsOf(balances, books);
    expect(row).toMatchObject({ revision: 3, damagedAt: 4 });
    for (const batch of [2, 3, 100]) expect(rowsOf(balances, books, batch)).toEqual([row]);
    books.stored[4] = kept;
    expect(rowsOf(balances, books)[0]!.damagedAt).toBeNull();
  });

  test('knows when the next grant expires', () => {
    const books = given(
      grant('g1', 5, { expiresAt: '2026-12-24T00:00:00.000Z' }),
      grant('g2', 5, { expiresAt: '2026-12-01T00:00:00.000Z' }),
    );
    expect(rowsOf(balances, books)[0]!.dueAt).toBe('2026-12-01T00:00:00.000Z');
  });
});

describe('the history view', () => {
  test('has a row for every movement, and none for anything else', () => {
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
  test('tells how each job stands', () => {
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

  test('gives decisions the settled jobs as the state had them', () => {
    const books = story();
    const settled = rowsOf(jobs, books).flatMap((row) => settledJob(row) ?? []);
    const known = [...books.state.settled.values()].map((job) => ({ contradicted: false, ...job }));
    expect(settled).toEqual(JSON.parse(JSON.stringify(known)));
  });

  test('forgets what the window leaves behind', () => {
    const books = story().run(wait(40 * 24 * HOUR), { type: 'CloseJobWindow' });
    const closed: Placed = {
      organizationId: 'org',
      revision: 11,
      event: decode(JSON.parse(books.stored.at(-1)!)),
    };
    const removed = jobs.removes!(closed) as { endedAt: { before: string } };
    expect(rowsOf(jobs, books).every(({ endedAt }) => (endedAt as string) < removed.endedAt.before)).toBe(
      true,
    );
  });
});

describe('every view', () => {
  test.each([balances, history, usage, jobs] as LedgerView<unknown>[])(
    '$table.name has the same rows however the log is cut',
    (view) => {
      const books = story();
      for (const batch of [2, 3, 5, 100]) expect(rowsOf(view, books, batch)).toEqual(rowsOf(view, books));
    },
  );

  test('writes the columns that its table has', () => {
    for (const view of [balances, history, usage, jobs] as LedgerView<unknown>[])
      for (const row of rowsOf(view, story()))
        expect(Object.keys(row).sort()).toEqual(Object.keys(view.table.columns).sort());
    expect(BALANCES.key).toEqual(['organizationId']);
  });
});
