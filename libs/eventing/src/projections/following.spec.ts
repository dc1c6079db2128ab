import { InMemoryEventStore, InMemoryViewStore } from '@tallystick/eventing-testing';
import { Admission } from '../log/admission';
import { BatchDelay } from '../log/batch-delay';
import { Projector } from './projector';
import type { View } from '@tallystick/domain/kernel';
import type { Lease, LeaseOptions, Table, ViewChange } from '../ports/view-store';

const table: Table = {
  name: 'sums',
  columns: { shelf: 'text', sum: 'integer' },
  key: ['shelf'],
  indexes: [],
};
interface ShelfAdded {
  readonly shelf: string;
  readonly add: number;
}
type FollowedSum = { readonly shelf: string; sum: number };
const sums: View<ShelfAdded, FollowedSum> = {
  table,
  keysOf: ({ shelf }) => [[shelf]],
  isFirst: () => false,
  read: (row, [shelf]) => ({ shelf: shelf as string, sum: (row?.sum as number | undefined) ?? 0 }),
  fold: (model, { add }) => Object.assign(model, { sum: model.sum + add }),
  write: (model) => ({ ...model }),
};

/** A store that two processes share. A controller in `leads` is a lease. */
class SharedViews extends InMemoryViewStore {
  readonly leads = new Map<string, AbortController>();
  private asking = 0;
  /** Runs before a commit, to end the lease at the worst moment. */
  beforeCommit: () => void = () => undefined;

  override async acquireLease(
    _: readonly Table[],
    { generation = '', signal, preempt }: LeaseOptions,
  ): Promise<Lease | undefined> {
    if (!preempt && (this.asking > 0 || this.leads.has(generation))) return undefined;
    this.asking += 1;
    while (this.leads.has(generation) && !signal.aborted) {
      this.leads.get(generation)!.abort();
      await new Promise(setImmediate);
    }
    this.asking -= 1;
    if (signal.aborted) return undefined;
    const right = new AbortController();
    this.leads.set(generation, right);
    signal.addEventListener('abort', () => right.abort());
    const release = async () => {
      if (this.leads.get(generation) === right) this.leads.delete(generation);
    };
    return { ended: right.signal, release };
  }

  override async waitForCommit(tables: readonly Table[], position: number, signal: AbortSignal): Promise<number> {
    await new Promise(setImmediate);
    return super.waitForCommit(tables, position, signal);
  }

  override async commit(changes: readonly ViewChange[], generation = ''): Promise<void> {
    if (generation === '') this.beforeCommit();
    return super.commit(changes, generation);
  }

  /** As if the connection of the leader had broken, and it has not noticed yet. */
  takeAway(): AbortController | undefined {
    const right = this.leads.get('');
    this.leads.delete('');
    return right;
  }
}

let log: InMemoryEventStore;
let views: SharedViews;
const running: Projector<ShelfAdded>[] = [];
let ids = 0;
beforeEach(() => {
  [log, views] = [new InMemoryEventStore(), new SharedViews()];
});
afterEach(() => Promise.all(running.splice(0).map((projector) => projector.stop())));

const add = async (count: number) => {
  for (let i = 0; i < count; i++) {
    const event = { id: `e${++ids}`, type: 'added', data: { shelf: 'a', add: 1 }, metadata: {} };
    await log.append('shelf-a', log.head('shelf-a'), [event]);
  }
};
const start = async () => {
  const projected: number[] = [];
  const projector = new Projector<ShelfAdded>({
    store: log,
    viewStore: views,
    views: [sums as View<ShelfAdded>],
    prefix: 'shelf-',
    admission: () => new Admission({ store: log, decode: ({ data }) => data }),
    toStreamEvent: ({ event }) => event as ShelfAdded,
    batch: 3,
    onProjected: (events, position) => void projected.push(events.length, position),
    delay: new BatchDelay(0),
    retry: { firstMilliseconds: 0, maxMilliseconds: 0 },
  });
  await projector.start();
  running.push(projector);
  return { projector, count: () => projected.filter((_, i) => i % 2 === 0).reduce((a, b) => a + b, 0) };
};
const until = async (holds: () => boolean | Promise<boolean>) => {
  while (!(await holds())) await new Promise(setImmediate);
};
const sum = async () => (await views.find(table, {}))[0]?.sum;

it('calls `onProjected` in every process with what one of them has committed', async () => {
  const [a, b] = [await start(), await start()];
  await add(10);
  await until(() => a.count() === 10 && b.count() === 10);
  expect([await sum(), views.leads.size]).toEqual([10, 1]);
});

it('is caught up when the views, built by any process, have what was stored before the start', async () => {
  const a = await start();
  await add(20);
  const b = await start();
  await b.projector.caughtUp;
  expect([await sum(), b.projector.position]).toEqual([20, a.projector.position]);
});

it('leaves the views to another process when the lease is lost during a batch, and neither loses nor doubles events', async () => {
  const [a, b] = [await start(), await start()];
  for (let round = 1; round <= 8; round++) {
    let isTaken = false;
    views.beforeCommit = () => {
      if (isTaken) return;
      isTaken = true;
      const right = views.takeAway();
      setImmediate(() => right?.abort());
    };
    await add(10);
    await until(() => a.count() === round * 10 && b.count() === round * 10);
    expect(await sum()).toBe(round * 10);
  }
});

it('acquires the lease for a rebuild, in any process', async () => {
  const [a, b] = [await start(), await start()];
  for (const { projector } of [a, b, a, b]) {
    await add(7);
    await projector.rebuild('sums');
  }
  await until(() => a.count() === 28 && b.count() === 28);
  expect(await sum()).toBe(28);
});
