import { type RecordStore, StoreUnavailable, StoreUnwritable, UnknownOutcome } from '@tallystick/eventing';

/** The same store; whether a write was stored that fails because the store is away is unknown; one that had no room was not. */
export function careful(records: RecordStore): RecordStore {
  for (const write of ['put', 'putFree', 'replace', 'remove'] as const) {
    const call = records[write].bind(records) as (...given: unknown[]) => Promise<unknown>;
    records[write] = ((...given: unknown[]) => call(...given).catch(unknown)) as never;
  }
  return records;
}

function unknown(error: unknown): never {
  if (error instanceof StoreUnavailable && !(error instanceof StoreUnwritable))
    throw new UnknownOutcome(error.message, { cause: error });
  throw error;
}
