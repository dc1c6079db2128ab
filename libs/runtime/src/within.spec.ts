import { TIMED_OUT, within } from './within';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

it('gives the result or the error of work that ends in time, and leaves no timer behind', async () => {
  expect(await within(10, Promise.resolve(7))).toBe(7);
  await expect(within(10, Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(jest.getTimerCount()).toBe(0);
});

it('gives TIMED_OUT after the time, and ignores a late error', async () => {
  let fail: (error: Error) => void = () => undefined;
  const result = within(10, new Promise((_, reject) => (fail = reject)));
  jest.advanceTimersByTime(10);
  expect(await result).toBe(TIMED_OUT);
  fail(new Error('too late'));
});
