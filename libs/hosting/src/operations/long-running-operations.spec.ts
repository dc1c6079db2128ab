import { InMemoryRecordStore } from '@tallystick/eventing-testing';
import { systemClock } from '@tallystick/runtime';
import { LongRunningOperations } from './long-running-operations';

const MINUTE = 60_000;

let records: InMemoryRecordStore;
beforeEach(() => void (records = new InMemoryRecordStore()));
afterEach(() => jest.restoreAllMocks());

/** As one process has it; what it works on ends with `end`. */
function processOf() {
  const operations = new LongRunningOperations<object>({
    records,
    collection: 'undertakings',
    kind: 'rebuild',
    clock: systemClock,
  });
  let end: () => void = () => undefined;
  let began = 0;
  const work = () => {
    began += 1;
    return new Promise<void>((resolve) => (end = resolve));
  };
  return {
    begin: () => operations.start(9, {}, work, 'jobs'),
    state: async () => (await operations.get('jobs')).state,
    end: () => end(),
    began: () => began,
  };
}

test('work under one id is done once at a time, also when several processes are called at once', async () => {
  const [one, two] = [processOf(), processOf()];
  const answers = await Promise.all([one, two, one, two].map(({ begin }) => begin()));
  expect(answers.map(({ state }) => state)).toEqual(Array(4).fill('running'));
  expect(one.began() + two.began()).toBe(1);
  expect((await two.begin()).state).toBe('running');
  expect(one.began() + two.began()).toBe(1);
  for (const process of [one, two]) process.end();
  while ((await one.state()) !== 'done') await new Promise(setImmediate);
  await two.begin();
  expect(one.began() + two.began()).toBe(2);
  two.end();
  while ((await one.state()) !== 'done') await new Promise(setImmediate);
});

test('work of a process that has ended is started again by one other', async () => {
  const saved = {
    undertaking: { id: 'jobs', state: 'running', position: 3, head: 9 },
    at: Date.now() - MINUTE,
  };
  await records.put('undertakings', [{ key: 'rebuild/jobs', value: saved }]);
  const [one, two] = [processOf(), processOf()];
  expect(await one.state()).toBe('failed');
  await Promise.all([one.begin(), two.begin()]);
  expect(one.began() + two.began()).toBe(1);
  for (const process of [one, two]) process.end();
  while ((await one.state()) !== 'done') await new Promise(setImmediate);
});
