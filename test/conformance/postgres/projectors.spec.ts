import type { View } from '@tallystick/domain/kernel';
import { Admission, BatchDelay, type NewEvent, Projector, type RecordedEvent, type Row } from '@tallystick/eventing';
import { InMemoryEventStore } from '@tallystick/eventing-testing';
import { describeWithPostgres } from '../../support/postgres/describe-with-postgres';
import { aTable, killLeader, replicas } from './sessions';

interface PlacedOnShelf {
  readonly shelf: string;
  readonly add: number;
}
type ShelfSum = { readonly shelf: string; sum: number };

const TABLES = ['once', 'twice'].map((name) => aTable(name));
const viewOf = (at: number): View<PlacedOnShelf> => {
  const view: View<PlacedOnShelf, ShelfSum> = {
    table: TABLES[at]!,
    keysOf: ({ shelf }) => [[shelf]],
    isFirst: () => false,
    read: (row, [shelf]) => ({ shelf: shelf as string, sum: (row?.sum as number | undefined) ?? 0 }),
    fold: (model, { add }) => Object.assign(model, { sum: model.sum + (at + 1) * add }),
    write: (model) => ({ ...model }),
  };
  return view as View<PlacedOnShelf>;
};
const place = ({ data }: RecordedEvent) => data as PlacedOnShelf;

describeWithPostgres('Several projectors on one database and one log', (postgres) => {
  let log: InMemoryEventStore;
  let processes: ReturnType<typeof replicas>;
  let running: Projector<PlacedOnShelf>[];
  beforeEach(() => {
    log = new InMemoryEventStore();
    processes = replicas(postgres);
    running = [];
  });
  afterEach(async () => {
    await Promise.all(running.map((projector) => projector.stop()));
    await processes.closeAll();
  });

  let ids = 0;
  const add = async (count: number, only?: string) => {
    for (let i = 0; i < count; i++) {
      const shelf = only ?? `s${ids % 7}`;
      const event: NewEvent = { id: `e${++ids}`, type: 'added', data: { shelf, add: ids }, metadata: {} };
      await log.append(`shelf-${shelf}`, log.head(`shelf-${shelf}`), [event]);
    }
  };
  const start = async () => {
    const { store, name } = await processes.open();
    const projected: number[] = [];
    const failures: unknown[] = [];
    const projector = new Projector({
      store: log,
      viewStore: store,
      views: [viewOf(0), viewOf(1)],
      prefix: 'shelf-',
      admission: () => new Admission({ store: log, decode: ({ data }) => data }),
      toStreamEvent: ({ event }) => event as PlacedOnShelf,
      batch: 5,
      onProjected: (batch) => projected.push(...batch.map((event) => event.add)),
      onFailed: (error) => failures.push(error),
      delay: new BatchDelay(0),
      retry: { firstMilliseconds: 0, maxMilliseconds: 0 },
    });
    await projector.start();
    running.push(projector);
    return { projector, store, name, projected, failures };
  };
  type ProjectingProcess = Awaited<ReturnType<typeof start>>;
  /** Waits until every process has seen the views at the end of the log. */
  const settled = async (...all: ProjectingProcess[]) => {
    const { position } = await log.readLog(-1, 100_000, '');
    while (all.some(({ projector }) => projector.position < position)) await new Promise(setImmediate);
  };
  const expected = async (): Promise<Row[][]> => {
    const sums = new Map<string, number>();
    const { events } = await log.readLog(-1, 100_000, '');
    for (const { shelf, add: by } of events.map(place)) sums.set(shelf, (sums.get(shelf) ?? 0) + by);
    return [1, 2].map((times) => [...sums].sort().map(([shelf, sum]) => ({ shelf, sum: times * sum })));
  };
  const rows = ({ store }: ProjectingProcess) =>
    Promise.all(TABLES.map((table) => store.find(table, { order: ['shelf'] })));
  const leaderAmong = async (all: ProjectingProcess[]) => {
    const { rows: holders } = await postgres().operator.query<{ application_name: string }>(
      `SELECT DISTINCT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted AND application_name LIKE $1`,
      [`${processes.schema}%`],
    );
    return all.filter(({ name }) => holders.some((holder) => holder.application_name === name));
  };

  it('write through one leader, and each reports every commit once and in order', async () => {
    await add(20);
    const all = [await start(), await start(), await start()];
    await Promise.all(all.map(({ projector }) => projector.caughtUp));
    const before = ids;
    await add(50);
    await settled(...all);
    expect(await leaderAmong(all)).toHaveLength(1);
    const later = Array.from({ length: 50 }, (_, i) => before + 1 + i);
    for (const process of all) {
      while (process.projected.at(-1) !== ids) await new Promise(setImmediate);
      expect(process.projected.slice(-50)).toEqual(later);
      expect(new Set(process.projected).size).toBe(process.projected.length);
      expect(await rows(process)).toEqual(await expected());
      expect(process.failures).toEqual([]);
    }
  });

  it('report at their start that the views are at the end of the log, whichever process wrote them', async () => {
    await add(200);
    const [a, b] = [await start(), await start()];
    await Promise.all([a.projector.caughtUp, b.projector.caughtUp]);
    expect(await rows(b)).toEqual(await expected());
  });

  it('continue with another leader whenever its connection is killed, and apply every event once', async () => {
    const all = [await start(), await start()];
    for (let kill = 0; kill < 6; kill++) {
      await add(40);
      await settled(all[kill % 2]!);
      const [leader] = await leaderAmong(all);
      const adding = add(40);
      if (leader) await killLeader(postgres(), leader.name);
      await adding;
      await settled(...all);
    }
    for (const process of all) expect(await rows(process)).toEqual(await expected());
    const served = await rows(all[0]!);
    for (const { name } of TABLES) await all[0]!.projector.rebuild(name);
    expect(await rows(all[1]!)).toEqual(served);
    for (const { projected } of all) expect([projected.length, new Set(projected).size]).toEqual([480, 480]);
  });

  it('elect another leader when the leader stops', async () => {
    const [a, b] = [await start(), await start()];
    await add(10);
    await settled(a, b);
    const [leader] = await leaderAmong([a, b]);
    await leader!.projector.stop();
    const other = leader === a ? b : a;
    await add(10);
    await settled(other);
    expect(await rows(other)).toEqual(await expected());
  });

  it('do not write stale state when a former leader leads again', async () => {
    const all = [await start(), await start()];
    for (let turn = 0; turn < 6; turn++) {
      await add(30);
      await settled(...all);
      const asked = all[turn % 2]!;
      await asked.projector.rebuild('twice');
      expect(await leaderAmong(all)).toEqual([asked]);
      expect(asked.failures).toEqual([]);
    }
    expect(await rows(all[0]!)).toEqual(await expected());
  });

  it('rebuild and replay in any process while events arrive', async () => {
    const all = [await start(), await start()];
    // It gets no later event, otherwise the leader would write its cached row.
    await add(3, 'touched');
    await add(60);
    await settled(...all);
    const leader = (await leaderAmong(all))[0]!;
    const follower = all.find((process) => process !== leader)!;
    const touched = { shelf: 'touched', sum: 1 };
    await postgres().operator.query(
      `UPDATE "${processes.schema}"."${await servedName('once')}" SET sum = 1 WHERE shelf = 'touched'`,
    );
    expect((await rows(follower))[0]).toContainEqual(touched);
    const different: string[] = [];
    const compare = async () => {
      for (const table of TABLES) {
        const [live, copy] = [
          await follower.store.find(table, { order: ['shelf'] }),
          await follower.store.find(table, { order: ['shelf'] }, 'replay'),
        ];
        if (JSON.stringify(live) !== JSON.stringify(copy)) different.push(table.name);
      }
    };
    const adding = add(60);
    await follower.projector.replay('replay', () => undefined, compare);
    await follower.projector.rebuild('once');
    await leader.projector.rebuild('twice');
    await adding;
    await settled(...all);
    expect(different).toEqual(['once']);
    for (const process of all) expect(await rows(process)).toEqual(await expected());
  });
  const servedName = async (view: string) => {
    const { rows: found } = await postgres().operator.query<{ tablename: string }>(
      `SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename LIKE $2 AND tablename NOT LIKE '%\\_\\_%'`,
      [processes.schema, `${view}%`],
    );
    return found[0]!.tablename;
  };

  it('do not build a copy that another process is building', async () => {
    const all = [await start(), await start()];
    await add(5);
    await settled(...all);
    let second: Promise<void> | undefined;
    const compare = async () => {
      second = all[1]!.projector.replay(
        'replay',
        () => undefined,
        () => Promise.resolve(),
      );
      await expect(second).rejects.toThrow('Another process');
    };
    await all[0]!.projector.replay('replay', () => undefined, compare);
    expect(second).toBeDefined();
  });
});
