import type { LeadershipListener } from '@tallystick/eventing';
import { LeaderTask } from './leader-task';

const RETRY = { firstMilliseconds: 1, maxMilliseconds: 1, failed: () => undefined };
const turns = async () => {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
};

/** A task whose step runs until its leadership ends, and returns when the test lets it. */
function taskOf() {
  let listener: LeadershipListener = {};
  const log: string[] = [];
  let finish: () => void = () => undefined;
  const step = async (signal: AbortSignal) => {
    log.push('started');
    await new Promise<void>((resolve) => {
      finish = resolve;
      signal.addEventListener('abort', () => log.push('aborted'));
    });
  };
  const on = (added: LeadershipListener) => {
    listener = added;
    return () => void (listener = {});
  };
  const task = new LeaderTask({ on }, step, { ...RETRY, ended: () => log.push('ended') });
  task.start();
  const lead = () => listener.onLeader?.(new AbortController().signal);
  return { task, log, lead, follow: () => listener.onFollower?.(), finish: () => finish() };
}

test('a follower does nothing; a leader runs the step until it is a follower', async () => {
  const { task, log, lead, follow, finish } = taskOf();
  await turns();
  expect(log).toEqual([]);
  lead();
  await turns();
  follow();
  expect(log).toEqual(['started', 'aborted']);
  finish();
  await task.stop();
  expect(log).toEqual(['started', 'aborted', 'ended']);
});

test('a new leadership waits until the step of the last one has returned', async () => {
  const { task, log, lead, follow, finish } = taskOf();
  lead();
  await turns();
  follow();
  lead();
  await turns();
  expect(log).toEqual(['started', 'aborted']);
  finish();
  await turns();
  expect(log).toEqual(['started', 'aborted', 'ended', 'started']);
  const stopped = task.stop();
  finish();
  await stopped;
});
