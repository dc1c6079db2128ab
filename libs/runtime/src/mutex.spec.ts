import { Mutex } from './mutex';

it('runs one piece of work at a time, in order, and goes on after a failure', async () => {
  const mutex = new Mutex();
  const steps: string[] = [];
  const work = (name: string, end: () => Promise<void>) =>
    mutex.run(async () => {
      steps.push(`${name} starts`);
      await new Promise(setImmediate);
      await end();
      steps.push(`${name} ends`);
      return name;
    });
  const failure = new Error('b fails');
  const results = await Promise.allSettled([
    work('a', () => Promise.resolve()),
    work('b', () => Promise.reject(failure)),
    work('c', () => Promise.resolve()),
  ]);
  expect(steps).toEqual(['a starts', 'a ends', 'b starts', 'c starts', 'c ends']);
  expect(results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason))).toEqual([
    'a',
    failure,
    'c',
  ]);
});

it('is idle when all work accepted so far is done, failed or not', async () => {
  const mutex = new Mutex();
  let done = 0;
  void mutex.run(async () => {
    await new Promise(setImmediate);
    done += 1;
  });
  mutex.run(() => Promise.reject(new Error('no'))).catch(() => (done += 1));
  await mutex.idle();
  expect(done).toBe(2);
});
