import { BatchDelay } from './batch-delay';

const never = new AbortController().signal;
const stateOf = async (work: Promise<unknown>) => {
  let isDone = false;
  void work.then(() => (isDone = true));
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  return isDone;
};

beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate'] }));
afterEach(() => jest.useRealTimers());

it.each([
  ['50 ms by default', undefined, 50],
  ['the time given', 20, 20],
])('delays by %s', async (_, given, milliseconds) => {
  const waiting = new BatchDelay(given).wait(never);
  jest.advanceTimersByTime(milliseconds - 1);
  expect(await stateOf(waiting)).toBe(false);
  jest.advanceTimersByTime(1);
  expect(await stateOf(waiting)).toBe(true);
});

it('does not delay where the time is 0', async () => {
  expect(await stateOf(new BatchDelay(0).wait(never))).toBe(true);
});

it('ends when a caller starts to wait, and is skipped until all callers have what they wait for', async () => {
  const delay = new BatchDelay(60_000);
  const waiting = delay.wait(never);
  expect(await stateOf(waiting)).toBe(false);
  const settle: (() => void)[] = [];
  const reads = [1, 2].map(() => delay.skipDuring(new Promise<void>((resolve) => settle.push(resolve))));
  expect([await stateOf(waiting), await stateOf(delay.wait(never))]).toEqual([true, true]);
  settle[0]!();
  await reads[0];
  expect(await stateOf(delay.wait(never))).toBe(true);
  settle[1]!();
  await reads[1];
  expect(await stateOf(delay.wait(never))).toBe(false);
});

it('returns the result of the work or its error, and delays again afterwards', async () => {
  const delay = new BatchDelay(60_000);
  expect(await delay.skipDuring(Promise.resolve(7))).toBe(7);
  await expect(delay.skipDuring(Promise.reject(new Error('too late')))).rejects.toThrow('too late');
  expect(await stateOf(delay.wait(never))).toBe(false);
});

it('ends when the signal aborts', async () => {
  const stop = new AbortController();
  const waiting = new BatchDelay(60_000).wait(stop.signal);
  stop.abort();
  await waiting;
});
