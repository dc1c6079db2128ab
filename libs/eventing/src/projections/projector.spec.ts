import { InMemoryEventStore, InMemoryViewStore } from '@tallystick/eventing-testing';
import { Admission, type Admitted } from '../log/admission';
import { BatchDelay } from '../log/batch-delay';
import { Projector, type ProjectorOptions } from './projector';
import type { View } from '@tallystick/domain/kernel';
import type { Table, ViewChange } from '../ports/view-store';

interface ShelfFilled {
  readonly shelf: string;
  readonly add: number;
}
type ShelfTotal = { readonly shelf: string; sum: number };

const table = (name: string): Table => ({
  name,
  columns: { shelf: 'text', sum: 'integer' },
  key: ['shelf'],
  indexes: [],
});
const view = (name: string, times = 1): View<ShelfFilled> => {
  const sums: View<ShelfFilled, ShelfTotal> = {
    table: table(name),
    keysOf: ({ shelf }) => [[shelf]],
    isFirst: () => false,
    read: (row, [shelf]) => ({ shelf: shelf as string, sum: (row?.sum as number | undefined) ?? 0 }),
    fold: (model, { add }) => Object.assign(model, { sum: model.sum + times * add }),
    write: (model) => ({ ...model }),
  };
  return sums as View<ShelfFilled>;
};
const place = ({ event }: Admitted<unknown>): ShelfFilled => event as ShelfFilled;
const admission = () => new Admission({ store, decode: ({ data }) => data });

/** Fails the given number of commits. */
class Views extends InMemoryViewStore {
  failures = 0;
  readonly commits: (readonly ViewChange[])[] = [];
  /** Commits of the served views wait for it. */
  hold: Promise<void> = Promise.resolve();

  override async commit(changes: readonly ViewChange[], generation = ''): Promise<void> {
    if (generation === '') await this.hold;
    if (this.failures-- > 0) throw new Error('the disk is full');
    this.commits.push(changes);
    return super.commit(changes, generation);
  }
}

let store: InMemoryEventStore;
let views: Views;
let projector: Projector<ShelfFilled>;
let ids = 0;

const add = async (shelf: string, count: number, by = 1) => {
  for (let i = 0; i < count; i++) {
    const event = { id: `e${++ids}`, type: 'added', data: { shelf, add: by }, metadata: {} };
    await store.append(`shelf-${shelf}`, store.head(`shelf-${shelf}`), [event]);
  }
};
const start = async (options: Partial<ProjectorOptions<ShelfFilled>> = {}) => {
  projector = new Projector({
    store,
    viewStore: views,
    views: [view('once'), view('twice', 2)],
    prefix: 'shelf-',
    admission,
    toStreamEvent: place,
    delay: new BatchDelay(0),
    retry: { firstMilliseconds: 0, maxMilliseconds: 0 },
    ...options,
  });
  await projector.start();
  await projector.caughtUp;
};
const rows = (name: string) => views.find(table(name), { order: ['shelf'] });
/** Until the views have everything that is stored. */
const settled = async () => {
  const { position } = await store.readLog(-1, 10_000, '');
  while (projector.position < position) await new Promise(setImmediate);
};

beforeEach(() => {
  store = new InMemoryEventStore();
  views = new Views();
});
afterEach(() => projector.stop());

it('brings every view up to the log, a batch a commit, rows and checkpoint together', async () => {
  await add('a', 5);
  await add('b', 2);
  await start({ batch: 3 });
  expect(await rows('once')).toEqual([
    { shelf: 'a', sum: 5 },
    { shelf: 'b', sum: 2 },
  ]);
  expect(await rows('twice')).toEqual([
    { shelf: 'a', sum: 10 },
    { shelf: 'b', sum: 4 },
  ]);
  expect(views.commits.map((changes) => changes.map(({ checkpoint }) => checkpoint.position))).toEqual([
    [2, 2],
    [5, 5],
    [6, 6],
  ]);
});

it('goes on as the log grows, and reports what it has projected', async () => {
  const seen: number[] = [];
  await start({ onProjected: (batch) => seen.push(...batch.map((event) => event.add)) });
  await add('a', 3, 7);
  await settled();
  expect([seen, await rows('once')]).toEqual([[7, 7, 7], [{ shelf: 'a', sum: 21 }]]);
});

it('begins where it stopped', async () => {
  await add('a', 3);
  await start();
  await projector.stop();
  await add('a', 1);
  views.commits.length = 0;
  await start();
  expect(await rows('once')).toEqual([{ shelf: 'a', sum: 4 }]);
  expect(views.commits).toHaveLength(1);
});

it('gives a view that is ahead of the others only what it has not had', async () => {
  await add('a', 4);
  await views.open([table('once')]);
  await views.commit([{ table: table('once'), checkpoint: { position: 2 }, put: [{ shelf: 'a', sum: 3 }] }]);
  await start();
  expect([await rows('once'), await rows('twice')]).toEqual([[{ shelf: 'a', sum: 4 }], [{ shelf: 'a', sum: 8 }]]);
});

it('tries a batch again whose commit failed, and counts nothing twice', async () => {
  const failed: unknown[] = [];
  await add('a', 4);
  views.failures = 3;
  await start({ batch: 2, onFailed: (error) => failed.push(error) });
  expect(failed).toHaveLength(3);
  expect(await rows('once')).toEqual([{ shelf: 'a', sum: 4 }]);
});

describe('the delay before new events are read', () => {
  let delay: BatchDelay;
  beforeEach(() => void (delay = new BatchDelay(60_000)));
  const positions = () => views.commits.map(([change]) => change!.checkpoint.position);
  const addInTurns = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await add('a', 1);
      await new Promise(setImmediate);
    }
  };

  it('collects events in one batch, until a caller waits for them', async () => {
    await start({ delay });
    await addInTurns(10);
    expect(positions()).toEqual([]);
    await delay.skipDuring(settled());
    expect(positions()).toEqual([9]);
    await addInTurns(10);
    expect(positions()).toEqual([9]);
  });

  it('does not apply to events that were stored before the start', async () => {
    await add('a', 5);
    await start({ delay, batch: 2 });
    expect(positions()).toEqual([1, 3, 4]);
  });

  it('does not apply after a large batch', async () => {
    await start({ delay, batch: 1_000 });
    await add('a', 2_500);
    const until = async (position: number) => {
      while (projector.position < position) await new Promise(setImmediate);
    };
    await delay.skipDuring(until(999));
    await until(2_499);
    expect(positions()).toEqual([999, 1_999, 2_499]);
  });

  it('does not delay a stop', async () => {
    await start({ delay });
    await addInTurns(1);
    await projector.stop();
  });
});

it('reports each failure, and whether it repeats the one before', async () => {
  const reported: unknown[] = [];
  await add('a', 1);
  views.failures = 2;
  await start({ onFailed: ({ message }, isRepeated) => reported.push([message, isRepeated]) });
  expect(reported).toEqual([
    ['the disk is full', false],
    ['the disk is full', true],
  ]);
});

it('writes nothing and releases the lease while it is paused', async () => {
  let isPaused = true;
  const leaders: string[] = [];
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  try {
    const started = start({ isPaused: () => isPaused });
    projector.leadership.on({ onLeader: () => leaders.push('leader'), onFollower: () => leaders.push('follower') });
    await add('a', 1);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect([views.commits, leaders]).toEqual([[], []]);
    isPaused = false;
    jest.advanceTimersByTime(1_000);
    await started;
    expect([views.commits.length, leaders, projector.leadership.isLeader]).toEqual([1, ['leader'], true]);
    await projector.releaseLease();
    expect(leaders).toEqual(['leader', 'follower']);
  } finally {
    jest.useRealTimers();
  }
});

describe('a rebuild', () => {
  it('builds the view beside the one that is served, then takes its place', async () => {
    await add('a', 5);
    await start();
    await views.commit([{ table: table('once'), checkpoint: { position: 4 }, put: [{ shelf: 'a', sum: 99 }] }]);
    const served: unknown[] = [];
    const open = views.open.bind(views);
    views.open = async (...given) => {
      await open(...given);
      served.push(await rows('once'));
    };
    await projector.rebuild('once');
    expect(served).toEqual([[{ shelf: 'a', sum: 99 }]]);
    expect(await rows('once')).toEqual([{ shelf: 'a', sum: 5 }]);
  });

  it('misses no event that is stored during the rebuild', async () => {
    await add('a', 20);
    await start({ batch: 2 });
    const rebuilt = projector.rebuild('once');
    await add('a', 10);
    await rebuilt;
    await add('a', 1);
    await settled();
    expect([await rows('once'), await rows('twice')]).toEqual([[{ shelf: 'a', sum: 31 }], [{ shelf: 'a', sum: 62 }]]);
  });
});

describe('a replay', () => {
  const differences = async (during: () => Promise<void> = () => Promise.resolve()) => {
    const found: string[] = [];
    const replayed = projector.replay(
      'replay',
      () => undefined,
      async () => {
        for (const name of ['once', 'twice']) {
          const copy = await views.find(table(name), { order: ['shelf'] }, 'replay');
          if (JSON.stringify(copy) !== JSON.stringify(await rows(name))) found.push(name);
        }
      },
    );
    await during();
    await replayed;
    return found;
  };

  it('finds no difference where there is none, and leaves no copy behind', async () => {
    await add('a', 7);
    await start({ batch: 2 });
    expect(await differences()).toEqual([]);
    await expect(views.find(table('once'), {}, 'replay')).rejects.toThrow('not open');
  });

  it('finds a row that was tampered with', async () => {
    await add('a', 7);
    await start();
    await views.commit([{ table: table('twice'), checkpoint: { position: 6 }, put: [{ shelf: 'a', sum: 15 }] }]);
    expect(await differences()).toEqual(['twice']);
  });

  it('takes nothing for a difference that the served views have not had yet', async () => {
    await add('a', 10);
    await start({ batch: 2 });
    let release = () => {};
    views.hold = new Promise((resolve) => (release = resolve));
    await add('b', 50);
    const found = differences(async () => {
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      release();
    });
    expect(await found).toEqual([]);
  });
});
