import { Unreadable } from '@tallystick/domain/kernel';
import { recordHash } from '../chain/link';
import { type RecordedEvent } from '../ports/event-store';
import { assertFollowsOn, assertReadable, foldStream, PAGE, pagesOf, type RecordRules } from './stream-fold';
import { InMemoryEventStore } from '@tallystick/eventing-testing';
import { RevisionGap, UnreadableRecord } from '../errors';

interface PagedEvent {
  readonly type: string;
  readonly data: { readonly revision?: number };
}

const rules: RecordRules<PagedEvent> = {
  decode: ({ type, data }) =>
    type === 'foreign' ? new Unreadable('foreign', 'it is foreign') : ({ type, data } as PagedEvent),
  acceptanceIn: ({ type, data }) => (type === 'accepted' ? (data as never) : undefined),
};

/** Notes each read, and may lack some revisions. */
class PagedStore extends InMemoryEventStore {
  readonly reads: [from: number, limit: number][] = [];
  lacks: number[] = [];

  override async read(stream: string, from: number, limit: number) {
    this.reads.push([from, limit]);
    const page = await super.read(stream, from, limit);
    return page.filter(({ revision }) => !this.lacks.includes(revision));
  }

  async put(...types: string[]): Promise<void> {
    const events = types.map((type) => ({ id: `id-${type}`, type, data: {}, metadata: {} }));
    await this.append('a', this.head('a'), events);
  }

  async accept(revision: number): Promise<void> {
    const [record] = await super.read('a', revision, 1);
    const data = { revision, eventId: record!.id, hash: recordHash(record!) };
    await this.append('a', this.head('a'), [{ id: `accepts-${revision}`, type: 'accepted', data, metadata: {} }]);
  }
}

let store: PagedStore;
const filled = async (count: number) => {
  store = new PagedStore();
  for (let left = count; left > 0; left -= PAGE) await store.put(...Array<string>(Math.min(left, PAGE)).fill('noted'));
};
const pages = async (...more: [from: number, upTo?: number, first?: readonly RecordedEvent[]]) => {
  const found: number[][] = [];
  for await (const page of pagesOf(store, 'a', ...more)) found.push(page.map(({ revision }) => revision));
  return found.map((page) => [page[0], page.at(-1)]);
};

describe('the pages of a stream', () => {
  test.each<[string, number, [number, number?], number[][], [number, number][]]>([
    ['none', 0, [0], [], [[0, PAGE]]],
    ['one', 3, [0], [[0, 2]], [[0, PAGE]]],
    [
      'a full one',
      PAGE,
      [0],
      [[0, PAGE - 1]],
      [
        [0, PAGE],
        [PAGE, PAGE],
      ],
    ],
    [
      'more than one',
      PAGE + 1,
      [0],
      [
        [0, PAGE - 1],
        [PAGE, PAGE],
      ],
      [
        [0, PAGE],
        [PAGE, PAGE],
      ],
    ],
    ['from the middle', 5, [3], [[3, 4]], [[3, PAGE]]],
    ['from the end', 5, [5], [], [[5, PAGE]]],
    ['up to a revision', 5, [1, 3], [[1, 3]], [[1, 3]]],
    ['of one event', 5, [3, 3], [[3, 3]], [[3, 1]]],
    ['up to before the first', 5, [3, 2], [], []],
    [
      'up to a revision on the second page',
      PAGE + 9,
      [0, PAGE + 1],
      [
        [0, PAGE - 1],
        [PAGE, PAGE + 1],
      ],
      [
        [0, PAGE],
        [PAGE, 2],
      ],
    ],
  ])('%s', async (_, count, range, expected, reads) => {
    await filled(count);
    expect(await pages(...range)).toEqual(expected);
    expect(store.reads).toEqual(reads);
  });

  test('a page that was read already is not read again', async () => {
    await filled(PAGE + 2);
    const first = await store.read('a', 0, PAGE);
    store.reads.length = 0;
    expect(await pages(0, Infinity, first)).toEqual([
      [0, PAGE - 1],
      [PAGE, PAGE + 1],
    ]);
    expect(store.reads).toEqual([[PAGE, PAGE]]);
    expect(await pages(0, Infinity, first.slice(0, 2))).toEqual([[0, 1]]);
    expect(store.reads).toHaveLength(1);
  });

  test.each([
    [[0], 0, 1],
    [[2], 2, 3],
    [[1, 2], 1, 3],
  ])('without revisions %j the stream has a gap', async (lacks, expected, found) => {
    await filled(5);
    store.lacks = lacks;
    await expect(pages(0)).rejects.toEqual(new RevisionGap('a', expected, found));
  });
});

describe('folding', () => {
  const folded = async (stopAt?: string, more: object = {}) => {
    const seen: (string | undefined)[] = [];
    const fold = (event: PagedEvent | undefined) => {
      seen.push(event?.type);
      return stopAt === undefined ? undefined : event?.type !== stopAt;
    };
    const revision = await foldStream({ store, stream: 'a', rules, after: -1, fold, ...more });
    return { seen, revision };
  };

  test('answers the revision of the last record, also where there is none', async () => {
    await filled(0);
    expect(await folded()).toEqual({ seen: [], revision: -1 });
    await store.put('x', 'y');
    expect(await folded()).toEqual({ seen: ['x', 'y'], revision: 1 });
    expect(await folded(undefined, { after: 1 })).toEqual({ seen: [], revision: 1 });
    expect(await folded(undefined, { after: 0, upTo: 0 })).toEqual({ seen: [], revision: 0 });
  });

  test('ends where the fold says so, before that record', async () => {
    await filled(0);
    await store.put('x', 'y', 'z');
    expect(await folded('y')).toEqual({ seen: ['x', 'y'], revision: 0 });
  });

  test('reads ahead once for all foreign records, from the first of them', async () => {
    await filled(0);
    await store.put('x', 'foreign', 'foreign', 'y');
    await store.accept(1);
    await store.accept(2);
    store.reads.length = 0;
    expect(await folded()).toEqual({
      seen: ['x', undefined, undefined, 'y', 'accepted', 'accepted'],
      revision: 5,
    });
    expect(store.reads).toEqual([
      [0, PAGE],
      [2, PAGE],
    ]);
  });

  test('reads on where an acceptance was not there when it looked', async () => {
    await filled(0);
    await store.put('x', 'foreign');
    await store.accept(1);
    await store.put('foreign');
    const error = new UnreadableRecord((await store.read('a', 3, 1))[0]!, new Unreadable('foreign', 'it is foreign'));
    store.reads.length = 0;
    await expect(folded()).rejects.toEqual(error);
    expect(error.message).toBe(
      'The record at revision 3 of a (foreign, id id-foreign) cannot be folded: it is foreign.',
    );
    // Pages that were read ahead are not read again.
    expect(store.reads).toEqual([
      [0, PAGE],
      [2, PAGE],
      [4, PAGE],
    ]);
  });
});

describe('what was appended', () => {
  test.each([
    [3, 2, 5, undefined],
    [3, 2, 6, new RevisionGap('a', 4, 5)],
    [-1, 1, 0, undefined],
    [-1, 1, 1, new RevisionGap('a', 0, 1)],
  ])('after %i, %i events up to %i', (after, count, last, error) => {
    const check = () => assertFollowsOn('a', after, count, last);
    if (error) expect(check).toThrow(error);
    else expect(check).not.toThrow();
  });

  test('is read as it will be stored, without a position', () => {
    const decode = jest.fn(rules.decode);
    const event = { id: 'i', type: 'noted', data: { word: 'x' }, metadata: { by: 'y' } };
    assertReadable({ decode }, { stream: 'a', revision: 4 }, { ...event, extra: 1 } as never);
    expect(decode).toHaveBeenCalledWith({ stream: 'a', revision: 4, position: -1, ...event });
    expect(() => assertReadable(rules, { stream: 'a', revision: 4 }, { ...event, type: 'foreign' })).toThrow(
      UnreadableRecord,
    );
  });
});
