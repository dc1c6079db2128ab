import { OutageLog } from './outage-log';

const lines: string[] = [];
const log = {
  warn: ({ reason }: { reason?: string }) => void lines.push(`begins: ${reason}`),
  log: ({ reason, answers }: { reason?: string; answers?: number }) => void lines.push(`ends: ${reason} (${answers})`),
};

beforeEach(() => {
  lines.length = 0;
  jest.useFakeTimers();
});
afterEach(() => jest.useRealTimers());

test('each cause is logged when it begins and when it has ended, regardless of the streams and times in its message', () => {
  const outages = new OutageLog(log, 1_000);
  for (let i = 0; i < 50; i++) outages.note(new Error(`credits-acme-${i} was not decided: no answer in ${i} ms`), {});
  outages.note(new Error('the disk is full'), {});
  expect(lines).toEqual(['begins: credits-acme-0 was not decided: no answer in 0 ms', 'begins: the disk is full']);
  jest.advanceTimersByTime(900);
  outages.note(new Error('the disk is full'), {});
  jest.advanceTimersByTime(700);
  expect(lines.slice(2)).toEqual(['ends: credits-acme-0 was not decided: no answer in 0 ms (50)']);
  jest.advanceTimersByTime(1_000);
  expect(lines.slice(3)).toEqual(['ends: the disk is full (2)']);
  outages.note(new Error('the disk is full'), {});
  expect(lines).toHaveLength(5);
});
