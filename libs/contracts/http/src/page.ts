/** One page of a list. */
export interface Page<T> {
  readonly data: readonly T[];
  /** Give it as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
  /** Present where the page lacks the latest writes, because a view did not process them in time. */
  readonly behind?: ViewLag;
}

/**
 * `revision`: what the view has. `latest`: the end of the organization's stream, null where the store did not answer. In lists
 * over all organizations both are positions of the log.
 */
export interface ViewLag {
  readonly revision: number;
  readonly latest: number | null;
}
