import { setTimeout as sleep } from 'node:timers/promises';

const ATTEMPTS = 6;
const FIRST_WAIT = 200;

/** Numbers of attempts, from 0, each with whether it is the last. */
export function* attempts(): Generator<[attempt: number, isLast: boolean]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) yield [attempt, attempt === ATTEMPTS - 1];
}

/** Longer from time to time, and never two clients in step; or as long as the server asks, up to ten seconds. */
export async function wait(attempt: number, seconds?: number): Promise<void> {
  const own = FIRST_WAIT * 2 ** attempt * (0.5 + Math.random());
  await sleep(Math.min(seconds === undefined ? own : seconds * 1_000, 10_000));
}
