import fc from 'fast-check';
import type { Decider } from '@tallystick/domain/kernel';
import { type NewEvent } from '../ports/event-store';
import { type Fault, InMemoryEventStore } from '@tallystick/eventing-testing';
import { AppendRefused, CommandAborted, StoreUnavailable, UnknownOutcome } from '../errors';
import { CommandHandler } from './command-handler';

type CountEvent = { readonly type: 'put'; readonly data: string; readonly metadata: object };
type WordCountAnswer = 'put' | 'known' | 'full';

const MOST_ITEMS = 12;
const decider: Decider<string[], string, CountEvent, WordCountAnswer> = {
  initial: () => [],
  due: () => [],
  decide: (item, items) => {
    if (items.includes(item)) return { events: [], answer: 'known' };
    if (items.length >= MOST_ITEMS) return { events: [], answer: 'full' };
    return { events: [{ type: 'put', data: item, metadata: {} }], answer: 'put' };
  },
  evolve: (items, { data }) => {
    items.push(data);
    return items;
  },
};

type Trouble = Fault | 'away' | undefined;

/** Fails as given: at each append one of the troubles, at each read one of the other list. */
class TroubledStore extends InMemoryEventStore {
  constructor(
    private readonly appends: Trouble[],
    private readonly reads: ('away' | 'late append first' | undefined)[],
  ) {
    super(() => this.fault);
  }
  private fault: Fault | undefined;

  override append(stream: string, expected: number, events: readonly NewEvent[]): Promise<number> {
    const trouble = this.appends.shift();
    if (trouble === 'away') return Promise.reject(new StoreUnavailable('away'));
    this.fault = trouble;
    return super.append(stream, expected, events);
  }

  override read(stream: string, from: number, limit: number) {
    const trouble = this.reads.shift();
    if (trouble === 'away') return Promise.reject(new StoreUnavailable('away'));
    if (trouble !== undefined) this.arriveLate();
    return super.read(stream, from, limit);
  }

  /** Sound from now on; what is held back arrives if `isStored`. */
  repair(isStored: boolean): void {
    this.appends.length = this.reads.length = 0;
    while (isStored && this.holdsBack) this.arriveLate();
  }

  async items(): Promise<string[]> {
    return (await super.read('a', 0, 1_000)).map(({ data }) => data as string);
  }
}

const open = (store: TroubledStore, maxGroup = 1_000) =>
  new CommandHandler<string[], string, CountEvent, WordCountAnswer>({
    store,
    decider,
    decode: ({ data }) => ({ type: 'put', data: data as string, metadata: {} }),
    isImmutable: (answer) => answer === 'known',
    pause: () => Promise.resolve(),
    sizeOf: () => 100,
    maxAppendBytes: 300,
    maxAttempts: 3,
    maxGroup,
  });

interface Reported {
  readonly item: string;
  readonly answer?: WordCountAnswer;
  readonly error?: unknown;
}

const attempt = (till: ReturnType<typeof open>, item: string): Promise<Reported> =>
  till.execute('a', item).then(
    ({ answer }) => ({ item, answer }),
    (error: unknown) => ({ item, error }),
  );

/** Whether a result is true of an item that the store has, or does not have. */
const isTrue = ({ answer, error }: Reported, isStored: boolean): boolean => {
  if (error instanceof UnknownOutcome) return true;
  if (error instanceof StoreUnavailable || error instanceof CommandAborted) return !isStored;
  return isStored ? answer === 'put' || answer === 'known' : answer === 'full';
};

const troubles = fc.constantFrom<Trouble>('lost', 'stored then lost', 'stored later', 'away', undefined);
const rounds = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 });

it('the result of a command is true of the store, with any faults of appends and reads', async () => {
  const seen = new Set<string>();
  const property = fc.asyncProperty(
    fc.array(troubles, { maxLength: 30 }),
    fc.array(fc.constantFrom('away', 'late append first', undefined), { maxLength: 30 }),
    rounds,
    fc.boolean(),
    async (appends, reads, sizes, isLateStored) => {
      const store = new TroubledStore([...appends], [...reads]);
      const tills = [open(store), open(store)];
      const reported: Reported[] = [];
      for (const [round, size] of sizes.entries()) {
        const items = Array.from({ length: size }, (_, i) => `${round}/${i}`);
        reported.push(...(await Promise.all(items.map((item, i) => attempt(tills[i % 2]!, item)))));
      }
      store.repair(isLateStored);
      const stored = await store.items();
      expect(new Set(stored).size).toBe(stored.length);
      for (const one of reported) {
        const isStored = stored.includes(one.item);
        expect({ ...one, isStored, isTrue: isTrue(one, isStored) }).toMatchObject({ isTrue: true });
        seen.add(one.error instanceof Error ? one.error.name : one.answer!);
      }
      // Sent again, each is there once, or was refused.
      for (const { item } of reported) await attempt(tills[0]!, item);
      const after = await store.items();
      expect(new Set(after).size).toBe(after.length);
    },
  );
  await fc.assert(property, { numRuns: 1_000 });
  expect([...seen].sort()).toEqual(['StoreUnavailable', 'UnknownOutcome', 'full', 'known', 'put']);
});

describe('the cases one by one', () => {
  const cases: [string, Trouble[], ('away' | undefined)[], string][] = [
    ['the second sending is not possible', ['stored then lost', 'away'], [undefined, 'away'], 'UnknownOutcome'],
    ['the stream cannot be read', ['stored then lost', 'lost'], [undefined, 'away'], 'UnknownOutcome'],
    ['the store was away all the time', ['away'], [], 'StoreUnavailable'],
    ['no attempt settles it', Array<Trouble>(8).fill('lost'), [], 'UnknownOutcome'],
    ['the second sending is taken', ['lost'], [], 'put'],
    ['the stream has it', ['stored then lost', 'lost'], [], 'known'],
    ['it is decided again', ['lost', 'lost'], [], 'put'],
    ['it is decided again, and the store goes away', ['stored later', 'lost', 'away'], [], 'UnknownOutcome'],
    ['another append has taken its place, and the store goes away', ['lost', 'lost', undefined, 'away'], [], 'put'],
  ];
  it.each(cases)('%s', async (_, appends, reads, expected) => {
    const { answer, error } = await attempt(open(new TroubledStore(appends, reads)), 'x');
    expect(error instanceof Error ? error.name : answer).toBe(expected);
  });

  it('of a group larger than an append only what was sent is unknown, and a question never is', async () => {
    const till = open(new TroubledStore(['lost', 'away'], [undefined, 'away']));
    const all = [
      ...['1', '2', '3', '4'].map((item) => attempt(till, item)),
      till.read('a', () => 0).catch((error: unknown) => ({ error })),
    ];
    const names = (await Promise.all(all)).map((one) => ((one as Reported).error as Error).name);
    expect(names).toEqual([
      'UnknownOutcome',
      'UnknownOutcome',
      'UnknownOutcome',
      'StoreUnavailable',
      'StoreUnavailable',
    ]);
  });

  it('what the store does not take together is sent in parts, and only what it never takes is refused', async () => {
    const store = new TroubledStore([], []);
    const append = store.append.bind(store);
    store.append = (stream, expected, events) =>
      events.length > 1 || events[0]!.data === '2'
        ? Promise.reject(new AppendRefused('too large'))
        : append(stream, expected, events);
    const till = open(store);
    const reported = await Promise.all(['1', '2', '3'].map((item) => attempt(till, item)));
    expect(reported.map(({ error, answer }) => (error instanceof Error ? error.name : answer))).toEqual([
      'put',
      'AppendRefused',
      'put',
    ]);
    expect(await store.items()).toEqual(expect.arrayContaining(['1', '3']));
  });

  it('a refusal of a command whose earlier append can still arrive is not returned', async () => {
    const store = new TroubledStore(['stored later', 'lost'], []);
    let attempts = 0;
    const till = new CommandHandler<string[], string, CountEvent, WordCountAnswer>({
      store,
      decider: {
        ...decider,
        decide: (item, items) => (++attempts > 1 ? { events: [], answer: 'full' } : decider.decide(item, items)),
      },
      decode: ({ data }) => ({ type: 'put', data: data as string, metadata: {} }),
      pause: () => Promise.resolve(),
    });
    expect((await attempt(till as ReturnType<typeof open>, 'x')).error).toBeInstanceOf(UnknownOutcome);
    store.repair(true);
    expect(await store.items()).toEqual(['x']);
  });

  it('a fault in the stream’s logic does not make an unknown outcome certain', async () => {
    const store = new TroubledStore(['stored then lost', 'lost'], []);
    let isSound = true;
    store.append = (
      (append) =>
      (...what) =>
        append(...what).finally(() => (isSound = false))
    )(store.append.bind(store));
    const till = new CommandHandler<string[], string, CountEvent, WordCountAnswer>({
      store,
      decider,
      decode: ({ data }) => {
        if (!isSound) throw new Error('unreadable');
        return { type: 'put', data: data as string, metadata: {} };
      },
      pause: () => Promise.resolve(),
    });
    expect((await attempt(till, 'x')).error).toBeInstanceOf(UnknownOutcome);
    expect(till.quarantinedStreams()).toHaveLength(1);
  });
});
