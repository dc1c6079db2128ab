import { readFileSync } from 'node:fs';

/** Of a second, as Linux counts it in /proc. */
const TICKS = 100;

/** Seconds of processor that these processes have used so far, with all their threads; NaN where the system does not say. */
export const processorSeconds = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + secondsOf(pid), 0);

function secondsOf(pid: number): number {
  try {
    // The name before the last bracket may hold anything.
    const [, , , , , , , , , , , user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(user) + Number(system)) / TICKS;
  } catch {
    return NaN;
  }
}
