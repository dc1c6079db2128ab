import { systemClock } from '@tallystick/runtime';
import { Format, SingleBar } from 'cli-progress';

/** Display of the progress of an operation. */
export interface ProgressDisplay {
  to(done: number, total?: number): void;
  stop(): void;
}

export const NO_PROGRESS: ProgressDisplay = { to: () => undefined, stop: () => undefined };

/** Progress bar with rate and remaining time. `units`: name of the counted items. */
export function bar(stream: NodeJS.WriteStream, units: string, total: number): ProgressDisplay {
  const started = systemClock.monotonic();
  let first: number | undefined;
  const single = new SingleBar({
    stream,
    hideCursor: true,
    barsize: 30,
    clearOnComplete: true,
    format: (options, { progress, value, total }, { rate, left }) =>
      `${Format.BarFormat(progress, options)} ${Math.floor(progress * 100)} % · ` +
      `${value.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} ${units} · ${rate}/s · ${left} left`,
  });
  single.start(total, 0, { rate: 0, left: '–' });
  return {
    to: (done, total) => {
      // The rate does not include the progress of an earlier run.
      first ??= done;
      if (total !== undefined) single.setTotal(total);
      const rate = ((done - first) * 1_000) / Math.max(1, systemClock.monotonic() - started);
      const left = rate > 0 ? duration((single.getTotal() - done) / rate) : '–';
      single.update(done, { rate: Math.round(rate).toLocaleString('en-US'), left });
    },
    stop: () => single.stop(),
  };
}

/** Formats seconds as 45 s, 3 min 20 s or 2 h 5 min. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}
