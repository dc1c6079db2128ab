import { readFileSync } from 'node:fs';

/** Clock ticks per second in /proc of Linux. */
const TICKS = 100;

/** CPU seconds of these processes with all threads, or NaN if the system does not report them. */
export const processorSeconds = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + secondsOf(pid), 0);

function secondsOf(pid: number): number {
  try {
    // The name before the last bracket can contain any character.
    const [, , , , , , , , , , , user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(user) + Number(system)) / TICKS;
  } catch {
    return NaN;
  }
}
