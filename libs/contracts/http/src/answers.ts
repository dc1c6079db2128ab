/** The record collection of the responses to writes with an `Idempotency-Key`. */
export const ANSWERS = 'idempotency';

/** `at`: the time of the response, epoch milliseconds. Absent in records of older versions. */
export interface KeptAnswer {
  readonly at?: number;
}
