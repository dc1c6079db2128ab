import { type NewEvent } from '../ports/event-store';
import { InMemoryEventStore } from '@tallystick/eventing-testing';
import { StoreUnwritable } from '../errors';
import { CommandHandler } from './command-handler';

type Added = { readonly type: 'added'; readonly data: { item: string }; readonly metadata: object };

/** Appends fail while it is full. */
class FullStore extends InMemoryEventStore {
  isFull = false;
  appends = 0;
  override append(stream: string, expected: number, events: readonly NewEvent[]): Promise<number> {
    this.appends += 1;
    if (this.isFull) return Promise.reject(new StoreUnwritable('full'));
    return super.append(stream, expected, events);
  }
}

test('what has no room is refused at once and alone: what was read with it is answered', async () => {
  const store = new FullStore();
  const items = new CommandHandler<{ items: string[] }, string, Added, 'added'>({
    store,
    decider: {
      initial: () => ({ items: [] }),
      evolve: (state, { data }) => {
        state.items.push(data.item);
        return state;
      },
      due: () => [],
      decide: (item) => ({ events: [{ type: 'added', data: { item }, metadata: {} }], answer: 'added' }),
    },
    decode: ({ data }) => ({ type: 'added', data: data as Added['data'], metadata: {} }),
  });
  await items.execute('a', 'x');
  store.isFull = true;
  const read = () => items.read('a', (state) => [...state.items]);
  const [before, refused, behind] = [read(), items.execute('a', 'y'), read()];
  await expect(refused).rejects.toBeInstanceOf(StoreUnwritable);
  for (const result of [before, behind]) expect(await result).toEqual({ value: ['x'], revision: 0 });
  expect(store.appends).toBe(2);
  store.isFull = false;
  expect((await items.execute('a', 'y')).revision).toBe(1);
});
