import { EventStore } from '../ports/event-store';
import { CircuitBreakerStore } from './circuit-breaker-store';
import { InMemoryEventStore } from '@tallystick/eventing-testing';
import { AmbiguousAppend, StoreUnavailable } from '../errors';

const PATIENCE = 50;
const event = { id: '8c1b2f6e-0000-4000-8000-000000000001', type: 'put', data: {}, metadata: {} };

/** Answers nothing while it is frozen, and all of it once it thaws. */
class FrozenStore extends InMemoryEventStore {
  private thawing: (() => void)[] | undefined;
  calls = 0;

  freeze(): void {
    this.thawing = [];
  }
  thaw(): void {
    for (const go of this.thawing?.splice(0) ?? []) go();
    this.thawing = undefined;
  }
  override async append(...given: Parameters<InMemoryEventStore['append']>): Promise<number> {
    await this.passing();
    return super.append(...given);
  }
  override async read(...given: Parameters<InMemoryEventStore['read']>) {
    await this.passing();
    return super.read(...given);
  }
  private passing(): Promise<void> {
    this.calls += 1;
    const { thawing } = this;
    return thawing ? new Promise((go) => thawing.push(go)) : Promise.resolve();
  }
}

const milliseconds = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work().catch(() => undefined);
  return performance.now() - began;
};

it('reports an append without an answer as ambiguous, and fails at once until the store answers', async () => {
  const frozen = new FrozenStore();
  const store = new CircuitBreakerStore(frozen, PATIENCE);
  expect(await store.append('a', -1, [event])).toBe(0);
  frozen.freeze();
  await expect(store.append('a', 0, [event])).rejects.toBeInstanceOf(AmbiguousAppend);
  const { calls } = frozen;
  await expect(store.append('a', 0, [event])).rejects.toBeInstanceOf(StoreUnavailable);
  expect(await milliseconds(() => store.read('a', 0, 10))).toBeLessThan(PATIENCE);
  // Only the probe has called the store since then.
  expect(frozen.calls).toBeLessThanOrEqual(calls + 1);
  frozen.thaw();
  await new Promise((resolve) => setImmediate(resolve));
  expect(await store.append('a', 1, [event])).toBe(2);
  await store.close();
});

it('reports a read without an answer as unavailable', async () => {
  const frozen = new FrozenStore();
  const store = new CircuitBreakerStore(frozen, PATIENCE);
  frozen.freeze();
  await expect(store.read('a', 0, 10)).rejects.toThrow('The event store has not answered for 50 ms.');
  frozen.thaw();
  await store.close();
});

it('continues to call a store that has answered others since a call was lost', async () => {
  const frozen = new FrozenStore();
  const store = new CircuitBreakerStore(frozen, PATIENCE);
  frozen.freeze();
  const lost = store.read('a', 0, 10);
  const other = new FrozenStore();
  frozen.read = (...given) => other.read(...given);
  expect(await store.read('a', 0, 10)).toEqual([]);
  await expect(lost).rejects.toBeInstanceOf(StoreUnavailable);
  expect(await store.read('a', 0, 10)).toEqual([]);
  frozen.thaw();
});

it('passes on the errors of the store', async () => {
  const inner = new InMemoryEventStore();
  const store = new CircuitBreakerStore(inner, PATIENCE);
  await inner.close();
  await expect(store.append('a', -1, [event])).rejects.toThrow('The event store is closed.');
  await expect(store.append('a', -1, [event])).rejects.toThrow('The event store is closed.');
});

it('calls the store also for methods with a default in the port', () => {
  const defaults = Object.getOwnPropertyNames(EventStore.prototype);
  expect(defaults).toEqual(expect.arrayContaining(['health', 'limitsOf']));
  expect(defaults.filter((name) => !Object.hasOwn(CircuitBreakerStore.prototype, name))).toEqual([]);
});
