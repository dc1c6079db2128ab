import { StoreUnavailable } from './event-store';
import { NotDecided, StreamStopped } from './transact';

/** An error as callers of `transact` know it. */
export function announced(stream: string, error: unknown): Error {
  if (error instanceof StreamStopped || error instanceof NotDecided || error instanceof StoreUnavailable)
    return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StoreUnavailable(`${stream} was not decided: ${reason}`, { cause: error });
}
