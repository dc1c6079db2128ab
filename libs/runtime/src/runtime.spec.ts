import { Backoff, BackgroundTask, Batcher, pause, Signal, systemClock, type BatcherOptions } from './index';

const aborted = (): AbortSignal => AbortSignal.abort();

describe('Backoff', () => {
  test.each([
    [0, [50, 100, 200, 250, 250]],
    [0.999_999, [100, 200, 400, 500, 500]],
  ])('with random %d the waits double up to the maximum', (random, waits) => {
    const backoff = new Backoff({ firstMilliseconds: 100, maxMilliseconds: 500, random: () => random });
    expect(waits.map(() => backoff.next())).toEqual(waits);
    expect(backoff.failures).toBe(5);
    backoff.reset();
    expect(backoff.next()).toBe(waits[0]);
  });

  test('waits stay finite after many failures', () => {
    const backoff = new Backoff({ firstMilliseconds: 1, maxMilliseconds: 60_000, random: () => 0 });
    for (let i = 0; i < 2_000; i++) backoff.next();
    expect(backoff.next()).toBe(30_000);
  });

  test('an aborted signal ends the wait', async () => {
    await new Backoff({ firstMilliseconds: 3_600_000, maxMilliseconds: 3_600_000 }).wait(aborted());
  });
});

describe('Signal', () => {
  test('wakes the callers that wait for less', async () => {
    const signal = new Signal();
    const woken: number[] = [];
    const waits = [1, 5, 9].map((after) => signal.wait({ after }).then(() => woken.push(after)));
    signal.notify(5);
    await waits[0];
    expect(woken).toEqual([1]);
    signal.notify();
    await Promise.all(waits);
    expect(woken).toEqual([1, 5, 9]);
  });

  test('an abort and a time-out end a wait; a notification then finds no caller', async () => {
    const signal = new Signal();
    const ending = new AbortController();
    const wait = signal.wait({ signal: ending.signal });
    ending.abort();
    await wait;
    await signal.wait({ signal: aborted() });
    const keepAlive = setTimeout(() => undefined, 10_000);
    await signal.wait({ timeoutMilliseconds: 1 });
    clearTimeout(keepAlive);
    signal.notify();
  });
});

describe('Batcher', () => {
  const full = () => new Error('full');
  const setUp = (options: Partial<BatcherOptions> = {}) => {
    const batches: (readonly number[])[] = [];
    const held: (() => void)[] = [];
    const run = (items: readonly number[]) => {
      batches.push(items);
      return new Promise<number[]>((resolve, reject) =>
        held.push(() => (items.includes(13) ? reject(new Error('13')) : resolve(items.map((item) => item * 10)))),
      );
    };
    const batcher = new Batcher(run, { maxBatch: 3, concurrency: 1, maxPending: 10, full, ...options });
    const release = async () => {
      while (held.length === 0) await Promise.resolve();
      held.shift()!();
    };
    return { batches, batcher, release };
  };

  test('requests of one turn share a batch, up to its size, and each gets its own results', async () => {
    const { batcher, batches, release } = setUp();
    const results = Promise.all([batcher.add([1, 2]), batcher.add([3]), batcher.add([4, 5])]);
    await release();
    await release();
    expect(await results).toEqual([[10, 20], [30], [40, 50]]);
    expect(batches).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });

  test('a request that is larger than a batch goes alone', async () => {
    const { batcher, batches, release } = setUp();
    const result = batcher.add([1, 2, 3, 4]);
    await release();
    expect(await result).toEqual([10, 20, 30, 40]);
    expect(batches).toEqual([[1, 2, 3, 4]]);
  });

  test('an error reaches the requests of its batch, and the next batch runs', async () => {
    const { batcher, release } = setUp({ maxBatch: 1 });
    const results = Promise.allSettled([batcher.add([13]), batcher.add([1])]);
    await release();
    await release();
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  test('a request beyond the bound is rejected, and a single one is accepted regardless of its size', async () => {
    const { batcher, release } = setUp({ maxPending: 2 });
    const first = batcher.add([1, 2, 3]);
    await expect(batcher.add([4])).rejects.toThrow('full');
    await release();
    await first;
    const later = batcher.add([5]);
    await release();
    expect(await later).toEqual([50]);
  });
});

describe('BackgroundTask', () => {
  test('goes on after failures and says which are repeated', async () => {
    const failures: [string, boolean][] = [];
    let steps = 0;
    const failed = (error: Error, isRepeated: boolean) => void failures.push([error.message, isRepeated]);
    const reached = new Signal();
    const step = async (signal: AbortSignal) => {
      steps += 1;
      if (steps <= 2) throw new Error('away');
      if (steps === 3) throw new Error('full');
      reached.notify();
      await pause(3_600_000, signal);
    };
    const task = new BackgroundTask(step, { firstMilliseconds: 1, maxMilliseconds: 1, failed });
    const fourthStep = reached.wait();
    task.start();
    await fourthStep;
    await task.stop();
    expect(failures).toEqual([
      ['away', false],
      ['away', true],
      ['full', false],
    ]);
  });

  test('a stop aborts the step, waits for its end, and reports nothing', async () => {
    const failed = jest.fn();
    const entered: { resolve?: () => void } = {};
    const isEntered = new Promise<void>((resolve) => (entered.resolve = resolve));
    let ended = false;
    const task = new BackgroundTask(
      async (signal) => {
        entered.resolve!();
        await new Signal().wait({ signal });
        ended = true;
        throw new Error('aborted');
      },
      { firstMilliseconds: 1, maxMilliseconds: 1, failed },
    );
    task.start();
    await isEntered;
    await task.stop();
    expect([ended, failed.mock.calls]).toEqual([true, []]);
  });
});

test('the system clock reads the machine', () => {
  const before = Date.now();
  const now = systemClock.now();
  expect(now >= before && now <= Date.now()).toBe(true);
  expect(Date.parse(systemClock.timestamp())).toBeGreaterThanOrEqual(before);
  const first = systemClock.monotonic();
  expect(systemClock.monotonic()).toBeGreaterThanOrEqual(first);
});
