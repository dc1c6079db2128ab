import { LOG_START, StoreUnavailable, ViewOvertaken } from '@tallystick/eventing';
import { describeWithPostgres } from '../../support/postgres/describe-with-postgres';
import { aTable, killLeader, put, replicas } from './sessions';

describeWithPostgres('The lease for the views', (postgres) => {
  const table = aTable('shelves');
  const never = new AbortController().signal;
  let processes: ReturnType<typeof replicas>;
  beforeEach(() => void (processes = replicas(postgres)));
  afterEach(() => processes.closeAll());
  const two = async () => {
    const [a, b] = [await processes.open(), await processes.open()];
    await a.store.open([table]);
    await b.store.open([table]);
    return [a, b] as const;
  };
  const ended = (signal: AbortSignal) =>
    new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve())));

  it('is held by one process, and by the next one after its release', async () => {
    const [a, b] = await two();
    const lead = await a.store.acquireLease([table], { signal: never });
    expect(lead).toBeDefined();
    expect(await b.store.acquireLease([table], { signal: never })).toBeUndefined();
    expect(await a.store.acquireLease([table], { signal: never })).toBeUndefined();
    await lead!.release();
    expect(await b.store.acquireLease([table], { signal: never })).toBeDefined();
  });

  it('exists per generation and per definition of a view', async () => {
    const [a, b] = await two();
    expect(await a.store.acquireLease([table], { signal: never })).toBeDefined();
    expect(await b.store.acquireLease([table], { signal: never, generation: 'next' })).toBeDefined();
    expect(await b.store.acquireLease([aTable('shelves', { indexes: [['sum']] })], { signal: never })).toBeDefined();
  });

  it('is released to a process that requests it', async () => {
    const [a, b] = await two();
    const lead = (await a.store.acquireLease([table], { signal: never }))!;
    const handedOver = ended(lead.ended).then(() => lead.release());
    const next = await b.store.acquireLease([table], { signal: never, preempt: true });
    await handedOver;
    expect([next!.ended.aborted, await a.store.acquireLease([table], { signal: never })]).toEqual([false, undefined]);
  });

  it('is no longer waited for when the process stops', async () => {
    const [a, b] = await two();
    await a.store.acquireLease([table], { signal: never });
    const stop = new AbortController();
    const asking = b.store.acquireLease([table], { signal: stop.signal, preempt: true });
    stop.abort();
    expect(await asking).toBeUndefined();
  });

  it('ends with the connection: a leader without its connection commits nothing, even to unchanged views', async () => {
    const [a, b] = await two();
    const lead = (await a.store.acquireLease([table], { signal: never }))!;
    await a.store.commit([put(table, LOG_START, 5, 1)]);
    expect(await killLeader(postgres(), a.name)).toBe(1);
    // The other process leads immediately, before the first one notices the loss.
    const next = await b.store.acquireLease([table], { signal: never });
    expect(next).toBeDefined();
    await expect(a.store.commit([put(table, 5, 6, 99)])).rejects.toThrow(StoreUnavailable);
    await expect(a.store.promote(table, 'next', 5)).rejects.toThrow(StoreUnavailable);
    await ended(lead.ended);
    await expect(a.store.commit([put(table, 5, 6, 99)])).rejects.toThrow(/lease for the views/);
    await b.store.commit([put(table, 5, 6, 2)]);
    expect(await a.store.find(table, {})).toEqual([{ shelf: 'a', sum: 2 }]);
  });

  it('is not the only guard of the views: a write without it is refused after another process has written', async () => {
    const [a, b] = await two();
    await a.store.commit([put(table, LOG_START, 5, 1)]);
    const both = [a.store.commit([put(table, 5, 6, 2)]), b.store.commit([put(table, 5, 7, 3)])];
    const outcomes = await Promise.allSettled(both);
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused).toEqual([expect.any(ViewOvertaken)]);
    const winner = outcomes[0]!.status === 'fulfilled' ? 2 : 3;
    expect(await b.store.find(table, {})).toEqual([{ shelf: 'a', sum: winner }]);
  });

  it('notifies followers of a commit immediately', async () => {
    const a = await processes.open();
    // Without the notification the polling interval would exceed the time limit of the test.
    const b = await processes.open({ lookMilliseconds: 600_000 });
    for (const { store } of [a, b]) await store.open([table]);
    const news = b.store.waitForCommit([table], LOG_START, never);
    await a.store.commit([put(table, LOG_START, 3, 1)]);
    expect(await news).toBe(3);
    expect(await b.store.waitForCommit([table], 2, never)).toBe(3);
  });

  it('keeps tables of another definition while a process uses them, and drops them at a later start', async () => {
    const [a, b] = await two();
    const changed = aTable('shelves', { indexes: [['sum']] });
    await a.store.commit([put(table, LOG_START, 5, 1)]);
    await b.store.open([changed]);
    expect([(await b.store.checkpoint(changed)).position, (await a.store.checkpoint(table)).position]).toEqual([
      LOG_START,
      5,
    ]);
    expect(await a.store.find(table, {})).toHaveLength(1);
    await a.store.close();
    const c = await processes.open();
    await c.store.open([changed]);
    expect(await tablesOf(processes.schema)).toHaveLength(2);
    await b.store.close();
    const d = await processes.open();
    await d.store.open([changed]);
    expect(await tablesOf(processes.schema)).toHaveLength(1);
  });
  const tablesOf = async (schema: string) =>
    (
      await postgres().operator.query(
        `SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename LIKE 'shelves%'`,
        [schema],
      )
    ).rows;
});
