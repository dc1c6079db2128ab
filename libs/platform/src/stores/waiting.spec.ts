import { Logger } from '@nestjs/common';
import { Waiting } from './waiting';

class NotYet extends Error {
  constructor(readonly mayPass: boolean) {
    super('It is not there.');
  }
}

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => jest.restoreAllMocks());

/** Fails so often, then opens. */
const part = (failures: number, mayPass = true) => {
  let attempts = 0;
  const open = async () => {
    if (++attempts <= failures) throw new NotYet(mayPass);
    return 'open';
  };
  return { open, attempts: () => attempts };
};

it('opens what comes up later, and says once for a while what it waits for', async () => {
  const { open } = part(2);
  expect(await new Waiting(30).for('bus', open)).toBe('open');
  expect(lines).toEqual(['Waiting for the bus, for 30 s at most. It is not there.']);
});

it('does not wait for what is configured wrongly', async () => {
  const { open, attempts } = part(1, false);
  await expect(new Waiting(30).for('bus', open)).rejects.toThrow('It is not there.');
  expect([attempts(), lines]).toEqual([1, []]);
});

it('gives up when the time is over', async () => {
  const { open, attempts } = part(Infinity);
  await expect(new Waiting(0).for('bus', open)).rejects.toThrow('It is not there.');
  expect(attempts()).toBe(1);
});

it('ends for all when one of them cannot be had', async () => {
  const waiting = new Waiting(600);
  const late = waiting.for('bus', part(Infinity).open);
  await Promise.resolve();
  waiting.end();
  await expect(late).rejects.toThrow('It is not there.');
});
