import type { LogPage } from '../ports/event-store';
import { LogReader } from './log-reader';
import { InMemoryEventStore } from '@tallystick/eventing-testing';

let ids = 0;
const event = () => ({ id: `e${++ids}`, type: 'added', data: {}, metadata: {} });

const PAGE_MILLISECONDS = 2;
let now = 0;
beforeEach(() => void jest.spyOn(performance, 'now').mockImplementation(() => now));
afterEach(() => jest.restoreAllMocks());

/** A log that has grown by the time each page is read. */
class Busy extends InMemoryEventStore {
  pages = 0;
  constructor(private readonly most: number) {
    super();
  }

  override async readLog(after: number, limit: number, prefix: string): Promise<LogPage> {
    if (this.pages++ > this.most) throw new Error(`It received a request for more than ${this.most} pages.`);
    const page = await super.readLog(after, limit, prefix);
    await this.add('shelf-a');
    now += PAGE_MILLISECONDS;
    return page;
  }

  async add(stream: string, count = 1): Promise<void> {
    const events = Array.from({ length: count }, event);
    await this.append(stream, (await this.read(stream, 0, 10_000)).length - 1, events);
  }
}

test('a log that grows as fast as it is read is read for a while, not until the batch is full', async () => {
  const store = new Busy(100);
  await store.add('shelf-a');
  const { events, position } = await new LogReader(store, 'shelf-', 10_000, 20).read(-1);
  expect(events).toHaveLength(20 / PAGE_MILLISECONDS + 1);
  expect(position).toBe(events.length - 1);
});

test('the end of such a log is found as well', async () => {
  const store = new Busy(10);
  await store.add('shelf-a', 250);
  expect(await new LogReader(store, 'shelf-', 100).end(-1)).toBeGreaterThanOrEqual(249);
});

test('what others have written behind it is not waited for', async () => {
  const store = new InMemoryEventStore();
  await store.append('shelf-a', -1, [event(), event()]);
  await store.append('statistics', -1, [event()]);
  expect(await new LogReader(store, 'shelf-').end(-1)).toBe(1);
  expect(await new LogReader(store, 'shelf-').end(1)).toBe(1);
});
