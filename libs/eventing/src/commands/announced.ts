import { AppendRefused, StoreUnavailable } from '../ports/event-store';
import { CommandAborted, StreamQuarantined, UnknownOutcome } from './command-handler';

/** An error as callers of `transact` know it. */
export function announced(stream: string, error: unknown): Error {
  const kinds = [StreamQuarantined, CommandAborted, StoreUnavailable, AppendRefused];
  if (kinds.some((kind) => error instanceof kind)) return error as Error;
  return new StoreUnavailable(`${stream} was not decided: ${reasonOf(error)}`, { cause: error });
}

export const unknownOutcome = (stream: string, error: unknown): UnknownOutcome =>
  new UnknownOutcome(`Whether an append to ${stream} was stored is unknown: ${reasonOf(error)}`, {
    cause: error,
  });

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
