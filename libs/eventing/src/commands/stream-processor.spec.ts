import type { Decider } from '@tallystick/domain/kernel';
import { AppendRefused, CommandAborted, RevisionGap } from '../errors';
import {
  add,
  away,
  conflict,
  decider,
  event,
  lost,
  nameOf,
  openOn,
  WordStore,
  stored,
  words,
  type WordsCommand,
  type AppendResult,
  type WordAdded,
  type WordOptions,
  type WordList,
} from '../../support/words';
import { NO_STREAM } from '../ports/event-store';

let store: WordStore;
beforeEach(() => (store = new WordStore()));
afterEach(() => jest.restoreAllMocks());
const open = (options: WordOptions = {}) => openOn(store, { pause: () => Promise.resolve(), ...options });

describe('a group', () => {
  it('answers questions at their place in it, with the revision of that place', async () => {
    const list = open();
    const outcomes = [
      list.read('a', words),
      list.execute('a', add('x', 'y')),
      list.read('a', words),
      list.execute('a', add('z')),
    ];
    expect(await Promise.all(outcomes)).toEqual([
      { value: [], revision: NO_STREAM },
      { answer: 'added', revision: 1 },
      { value: ['x', 'y'], revision: 1 },
      { answer: 'added', revision: 2 },
    ]);
  });

  it('gets its commands as prepared, in their order, also with questions between them', async () => {
    const prepare = jest.fn((_stream: string, _state: WordList, commands: readonly WordsCommand[]) =>
      commands.map((command) => ({ ...command, answer: `prepared ${command.words![0]}` })),
    );
    const list = open({ prepare });
    const outcomes = [list.execute('a', add('x')), list.read('a', words), list.execute('a', add('y'))];
    expect(await Promise.all(outcomes)).toEqual([
      { answer: 'prepared x', revision: 0 },
      { value: ['x'], revision: 0 },
      { answer: 'prepared y', revision: 1 },
    ]);
    expect(prepare.mock.calls).toEqual([['a', expect.objectContaining({ words: ['x', 'y'] }), [add('x'), add('y')]]]);
  });

  it('is folded with the revision that each event will have', async () => {
    const revisions: number[] = [];
    const evolve: typeof decider.evolve = (state, added, revision) => {
      revisions.push(revision);
      return decider.evolve(state, added, revision);
    };
    const list = open({ decider: { ...decider, evolve } });
    await Promise.all([list.execute('a', add('x', 'y')), list.execute('a', add('z'))]);
    await list.execute('a', add('w'));
    expect(revisions).toEqual([0, 1, 2, 3]);
  });

  it('is observed once it is stored: commands, events, milliseconds', async () => {
    const times = [1_000, 1_250];
    jest.spyOn(performance, 'now').mockImplementation(() => times.shift() ?? 9_999);
    const observe = jest.fn();
    await open({ observe }).execute('a', add('x', 'y'));
    expect(observe.mock.calls).toEqual([[{ stream: 'a', commands: 1, events: 2, milliseconds: 250 }]]);
  });

  it('that is not stored is not observed, and its state is not tidied', async () => {
    const [observe, tidy] = [jest.fn(), jest.fn()];
    store.ends.push(away);
    const list = open({ observe, trim: tidy });
    expect(await nameOf(list.execute('a', add('x')))).toBe('StoreUnavailable');
    expect([observe, tidy].map(({ mock }) => mock.calls)).toEqual([[], []]);
    await list.execute('a', add('y'));
    expect(tidy.mock.calls).toEqual([['a', expect.objectContaining({ words: ['y'] })]]);
  });

  it('gathers a whole turn of the event loop, the second time too', async () => {
    const list = open();
    for (const round of ['x', 'y', 'z']) {
      const first = list.execute('a', add(`${round}1`));
      for (let i = 0; i < 10; i++) await Promise.resolve();
      await Promise.all([first, list.execute('a', add(`${round}2`))]);
    }
    expect(store.sizes).toEqual([2, 2, 2]);
  });

  it('is at most 1,000 commands, and about 512 KiB of due events, by default', async () => {
    const list = open();
    await Promise.all(Array.from({ length: 1_001 }, (_, i) => list.execute('a', add(`w${i}`))));
    expect(store.sizes).toEqual([1_000, 1]);
    await list.execute('b', { words: ['x'], owe: 1_400 });
    await list.execute('b', add('y'));
    expect(store.sizes.slice(2)).toEqual([1, 1_311, 90]);
  });

  it('ends where an append is full, and goes on with the rest', async () => {
    const list = open({ sizeOf: () => 100, maxAppendBytes: 200 });
    const outcomes = await Promise.all(['u', 'v', 'w', 'x', 'y'].map((word) => list.execute('a', add(word))));
    expect(outcomes.map(({ revision }) => revision)).toEqual([0, 1, 2, 3, 4]);
    expect(store.sizes).toEqual([2, 2, 1]);
  });
});

describe('an answer without events', () => {
  it.each([
    ['is returned at once if it is immutable', ['fixed', 'fixed'], []],
    ['waits for a look at the store otherwise', ['open'], [1]],
    ['waits for it also beside an immutable one', ['fixed', 'open', 'fixed'], [1]],
    ['waits for it wherever it is in the group', ['open', 'fixed'], [1]],
  ])('%s', async (_, answers, reads) => {
    const list = open({ isImmutable: (answer) => answer === 'fixed' });
    await list.execute('a', add('x'));
    store.reads.length = 0;
    const outcomes = await Promise.all(answers.map((answer) => list.execute('a', { answer })));
    expect(outcomes).toEqual(answers.map((answer) => ({ answer, revision: 0 })));
    expect(store.reads).toEqual(reads);
  });

  it('waits for the read unless `isImmutable` is given', async () => {
    const list = open();
    await list.execute('a', add('x'));
    store.reads.length = 0;
    await list.execute('a', { answer: 'open' });
    expect(store.reads).toEqual([1]);
  });

  it('leaves with the append of the others in its group', async () => {
    const list = open();
    await list.execute('a', add('x'));
    store.reads.length = 0;
    const outcomes = await Promise.all([list.execute('a', add('y')), list.execute('a', { answer: 'open' })]);
    expect([outcomes.map(({ revision }) => revision), store.reads]).toEqual([[1, 1], []]);
  });

  it('to a question is what the store holds, not what the process remembers', async () => {
    const [list, other] = [open(), open()];
    await list.execute('a', add('x'));
    await other.execute('a', add('y'));
    expect(await list.read('a', words)).toEqual({ value: ['x', 'y'], revision: 1 });
  });
});

describe('other writers', () => {
  it('after a collision the next eight groups look first, then no more', async () => {
    const [list, other] = [open(), open()];
    await list.execute('a', add('x'));
    await other.execute('a', add('y'));
    await list.execute('a', add('z'));
    const looks: number[] = [];
    for (let i = 0; i < 10; i++) {
      store.reads.length = 0;
      await list.execute('a', add(`w${i}`));
      looks.push(store.reads.length);
    }
    expect(looks).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
  });

  it('are not looked for by a process that has just read the stream', async () => {
    await open().execute('a', add('x'));
    const list = open();
    await list.execute('a', add('y'));
    store.reads.length = 0;
    await list.execute('a', add('z'));
    expect(store.reads).toEqual([]);
  });

  it('are looked for eight times more whenever a look finds their events', async () => {
    const [list, other] = [open(), open()];
    await list.execute('a', add('x'));
    await other.execute('a', add('y'));
    expect((await list.read('a', words)).revision).toBe(1);
    const looks: number[] = [];
    for (let i = 0; i < 10; i++) {
      store.reads.length = 0;
      await list.execute('a', add(`w${i}`));
      looks.push(store.reads.length);
    }
    // The question itself took the first look: it was decided again on what it had found.
    expect(looks.reduce((sum, look) => sum + look)).toBe(7);
  });
});

describe('an append', () => {
  it('with another error than a conflict is not tried again', async () => {
    store.ends.push(away);
    expect(await nameOf(open().execute('a', add('x')))).toBe('StoreUnavailable');
    expect(store.appends).toHaveLength(1);
  });

  it('that never succeeds is tried 20 times, after pauses', async () => {
    const pauses: number[] = [];
    store.ends.push(...Array<AppendResult>(30).fill(conflict));
    const failed = open({ pause: async (attempt) => void pauses.push(attempt) }).execute('a', add('x'));
    await expect(failed).rejects.toThrow('a changed during each of 20 attempts. Try again in a moment.');
    await expect(failed).rejects.toBeInstanceOf(CommandAborted);
    expect([store.appends.length, pauses]).toEqual([20, Array.from({ length: 19 }, (_, i) => i + 1)]);
  });

  it('that the store stores elsewhere stops the stream', async () => {
    store.ends.push(async (append) => (await append()) + 1);
    await expect(open().execute('a', add('x'))).rejects.toMatchObject({
      name: 'StreamQuarantined',
      cause: new RevisionGap('a', 0, 1),
    });
  });

  it('that is too large is halved until it fits, without pauses, and grows again', async () => {
    const pause = jest.fn(() => Promise.resolve());
    const large: AppendResult = () => Promise.reject(new AppendRefused('too large'));
    store.ends.push(large, large, stored, stored);
    const list = open({ pause });
    await Promise.all(['u', 'v', 'w', 'x', 'y'].map((word) => list.execute('a', add(word))));
    expect(store.sizes).toEqual([5, 3, 2, 3]);
    expect(pause).not.toHaveBeenCalled();
  });

  it('of one command that is too large is refused, and the rest goes on together', async () => {
    const refuse: AppendResult = () => Promise.reject(new AppendRefused('too large'));
    store.ends.push(refuse, refuse, refuse);
    const list = open();
    const names = await Promise.all(['u', 'v', 'w', 'x'].map((word) => nameOf(list.execute('a', add(word)))));
    expect(names).toEqual(['AppendRefused', 'done', 'done', 'done']);
    expect(store.sizes).toEqual([4, 2, 1, 3]);
  });

  it('of due events alone that is refused refuses the command they stand before', async () => {
    store.ends.push(stored, () => Promise.reject(new AppendRefused('too large')));
    const list = open({ sizeOf: () => 100, maxAppendBytes: 200 });
    await list.execute('a', { words: ['x'], owe: 3 });
    expect(await nameOf(list.execute('a', add('y')))).toBe('AppendRefused');
    expect(await nameOf(list.execute('a', add('y')))).toBe('done');
    expect(store.sizes).toEqual([1, 2, 2, 2]);
  });

  it('in doubt holds up only its own commands, not a question that is answered before them', async () => {
    store.ends.push(lost, lost, () => Promise.reject(new AppendRefused('too large')), stored);
    const list = open();
    const results = [list.read('a', words), list.execute('a', add('x'))];
    expect(await Promise.all(results)).toEqual([
      { value: [], revision: NO_STREAM },
      { answer: 'added', revision: 0 },
    ]);
  });

  it('that loses its answer leaves in doubt what moved, be it by itself or by what followed from it', async () => {
    store.ends.push(lost, away);
    store.shown = 0;
    const list = open({ maxAttempts: 1 });
    const commands: WordsCommand[] = [
      add('x'),
      { answer: 'nothing' },
      { then: add('y') },
      { words: ['z'], then: {} },
      { then: {} },
    ];
    const names = await Promise.all(commands.map((command) => nameOf(list.execute('a', command))));
    expect(names).toEqual(['UnknownOutcome', 'CommandAborted', 'UnknownOutcome', 'UnknownOutcome', 'CommandAborted']);
  });

  it('has ids that are UUIDs, each given once', async () => {
    await open().execute('a', add('x', 'y', 'z'));
    const ids = store.appends[0]!.map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    const counts = ids.map((id) => parseInt(id.slice(24), 16));
    expect(counts.map((count) => count - counts[0]!)).toEqual([0, 1, 2]);
  });

  it('has type, data and metadata of its events and nothing more', async () => {
    const more: Decider<WordList, WordsCommand, WordAdded, string> = {
      ...decider,
      decide: () => ({ events: [{ ...event('x'), extra: 1 } as WordAdded], answer: 'added' }),
    };
    await open({ decider: more, chained: false }).execute('a', {});
    expect(store.appends).toEqual([[{ id: expect.any(String), ...event('x') }]]);
  });
});

describe('a pause', () => {
  it.each([
    [1, 2],
    [5, 32],
    [9, 512],
    [10, 1_000],
    [19, 1_000],
  ])('before attempt %i is at most %i ms', async (attempt, most) => {
    const pauses: number[] = [];
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    jest.spyOn(global, 'setTimeout').mockImplementation(((resume: () => void, milliseconds: number) => {
      pauses.push(milliseconds);
      setImmediate(resume);
    }) as never);
    store.ends.push(...Array<AppendResult>(attempt).fill(conflict));
    await openOn(store).execute('a', add('x'));
    expect(pauses.at(-1)).toBe(most / 2);
  });
});
