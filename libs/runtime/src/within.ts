export const TIMED_OUT = Symbol('timed out');

/** The result of `work`, or TIMED_OUT after `milliseconds`. The work itself goes on; its late error is ignored. */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | typeof TIMED_OUT> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof TIMED_OUT>((resolve) => {
    timer = setTimeout(() => resolve(TIMED_OUT), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
