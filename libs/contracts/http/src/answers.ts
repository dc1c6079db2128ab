/** The collection of the record store that holds the answers to writes with an `Idempotency-Key`. */
export const ANSWERS = 'idempotency';

/** What an answer is kept with: when it was given, epoch milliseconds. Older versions did not write it. */
export interface KeptAnswer {
  readonly at?: number;
}
