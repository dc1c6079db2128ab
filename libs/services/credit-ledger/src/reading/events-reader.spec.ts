import type { EventsQueryDto } from '@tallystick/contracts/ledger';
import { HISTORY } from '@tallystick/domain/ledger';
import { type RecordedEvent } from '@tallystick/eventing';
import { InMemoryEventStore, InMemoryViewStore } from '@tallystick/eventing-testing';
import { EventsReader } from './events-reader';
import type { Projections } from '@tallystick/hosting';
import type { LedgerSettings } from '../settings';

const LIMITS = { pageSize: 50, maxPageSize: 1_000 } as LedgerSettings;
const STREAM = 'credits-o';
/** More than one page of a filter may read. */
const LENGTH = 25_000;
const timeOf = (revision: number) => new Date(Date.UTC(2026, 0, 1) + revision * 1_000).toISOString();

class Counting extends InMemoryEventStore {
  events = 0;
  override async read(stream: string, from: number, limit: number): Promise<readonly RecordedEvent[]> {
    const found = await super.read(stream, from, limit);
    this.events += found.length;
    return found;
  }
}

const store = new Counting();
const views = new InMemoryViewStore();
let viewedUpTo = -1;
const projections = { viewedUpTo: async () => viewedUpTo } as unknown as Projections;
const reader = new EventsReader(store, views, projections, LIMITS);
/** Each 1,000th event is an expiry, each 5,000th a report; all others extend a job. */
const typeOf = (revision: number) =>
  revision % 5_000 === 4_999 ? 'UsageReported' : revision % 1_000 === 999 ? 'CreditsExpired' : 'ReservationExtended';

beforeAll(async () => {
  const events = Array.from({ length: LENGTH }, (_, revision) => {
    const at = timeOf(revision);
    const metadata = { schemaVersion: 1, occurredAt: at, recordedAt: at };
    return { id: `e${revision}`, type: typeOf(revision), data: {}, metadata };
  });
  for (let at = 0; at < LENGTH; at += 5_000) await store.append(STREAM, at - 1, events.slice(at, at + 5_000));
  const expiries = events.flatMap(({ type }, revision) =>
    type === 'CreditsExpired' ? [{ organizationId: 'o', revision, kind: 'expire' }] : [],
  );
  await views.open([HISTORY]);
  await views.commit([{ table: HISTORY, checkpoint: { position: LENGTH }, put: expiries }]);
});
beforeEach(() => {
  store.events = 0;
  viewedUpTo = -1;
});

const page = async (query: EventsQueryDto) => {
  const { data, nextCursor } = await reader.page('o', query, LENGTH - 1);
  return { revisions: data.map((event) => (event as RecordedEvent).revision), nextCursor };
};
const pages = async (query: EventsQueryDto) => {
  const found: number[][] = [];
  for (let cursor: string | undefined; ;) {
    const { revisions, nextCursor } = await page({ ...query, cursor });
    found.push(revisions);
    if (nextCursor === null) return found;
    cursor = nextCursor;
  }
};

test('a kind that is rare ends a page early only when so many events were read, and no event is lost or shown twice', async () => {
  const { revisions } = await page({ kind: 'UsageReported', limit: 5 });
  expect(revisions).toEqual([4_999, 9_999]);
  expect(store.events).toBe(10_000);
  expect(await pages({ kind: 'UsageReported', limit: 5 })).toEqual([[4_999, 9_999], [14_999, 19_999], [24_999]]);
});

test('a kind that the history view has is found without reading the events between', async () => {
  viewedUpTo = LENGTH - 1;
  const { revisions, nextCursor } = await page({ kind: 'CreditsExpired', limit: 5, fromRevision: 6_000 });
  expect(revisions).toEqual([6_999, 7_999, 8_999, 10_999, 11_999]);
  expect(nextCursor).not.toBeNull();
  expect(store.events).toBeLessThan(2_000);
  expect((await pages({ kind: 'CreditsExpired' })).flat()).toHaveLength(20);
});

test('what the view does not have yet is read from the stream', async () => {
  viewedUpTo = 12_000;
  await views.commit([
    { table: HISTORY, checkpoint: { position: 1 }, put: [], remove: [{ revision: { after: 12_000 } }] },
  ]);
  expect((await pages({ kind: 'CreditsExpired' })).flat()).toHaveLength(20);
});

test('a time is found by halving, and ends the reading', async () => {
  const query = { from: timeOf(20_000), to: timeOf(20_003), limit: 10 };
  expect(await page(query)).toEqual({ revisions: [20_000, 20_001, 20_002], nextCursor: null });
  expect(store.events).toBeLessThan(300);
});

test('without a filter, pages follow on', async () => {
  const first = await page({ limit: 3 });
  expect(first.revisions).toEqual([0, 1, 2]);
  expect((await page({ limit: 3, cursor: first.nextCursor! })).revisions).toEqual([3, 4, 5]);
  expect(await page({ fromRevision: LENGTH - 2, limit: 2 })).toEqual({
    revisions: [LENGTH - 2, LENGTH - 1],
    nextCursor: null,
  });
});

describe('events about a project or an operation', () => {
  const facts: readonly (readonly [type: string, data: unknown])[] = [
    ['OrganizationOpened', { currency: 'USD' }],
    ['CreditsReserved', { projectId: 'p', rating: { operation: 'read' } }],
    ['CreditsConsumed', { projectId: 'p', operation: 'read', rating: { operation: 'read' } }],
    ['CreditsRefunded', { projectId: 'q', operation: 'draw' }],
    ['BudgetCapSet', { target: { projectId: 'p' }, credits: 5 }],
    ['AnotherProgram', new Uint8Array([1])],
  ];
  beforeAll(async () => {
    const events = facts.map(([type, data], at) => ({
      id: `f${at}`,
      type,
      data,
      metadata: { recordedAt: timeOf(at) },
    }));
    await store.append('credits-few', -1, events as never);
  });

  test.each<[EventsQueryDto, number[]]>([
    [{ project: 'p' }, [1, 2, 4]],
    [{ operation: 'read' }, [1, 2]],
    [{ project: 'q', operation: 'draw' }, [3]],
    [{ project: 'p', kind: 'CreditsConsumed' }, [2]],
    [{ project: 'none' }, []],
    [{ atLeastRevision: 5 }, [0, 1, 2, 3, 4, 5]],
  ])('%j', async (query, revisions) => {
    const { data } = await reader.page('few', query, 5);
    expect(data.map((event) => (event as RecordedEvent).revision)).toEqual(revisions);
  });

  test('a revision that the stream does not have is refused', async () => {
    await expect(reader.page('few', { atLeastRevision: 6 }, 5)).rejects.toMatchObject({
      status: 409,
      code: 'revision_not_reached',
    });
  });
});
