import {
  AppendRefused,
  CommandAborted,
  EventingError,
  messageOf,
  StoreUnavailable,
  StreamQuarantined,
  UnknownOutcome,
} from '../errors';

const COMMAND_ERRORS = [StreamQuarantined, CommandAborted, StoreUnavailable, AppendRefused];

/** The error of a command. Nothing was stored for it unless `isUnresolved`: then an append that held it may have been stored. */
export function commandError(stream: string, error: unknown, isUnresolved: boolean): EventingError {
  if (isUnresolved)
    return new UnknownOutcome(`Whether an append to ${stream} was stored is unknown: ${messageOf(error)}`, {
      cause: error,
    });
  if (COMMAND_ERRORS.some((type) => error instanceof type)) return error as EventingError;
  return new StoreUnavailable(`${stream} was not decided: ${messageOf(error)}`, { cause: error });
}

/** Runs the stream's own logic. What it throws quarantines the stream: tried again, it would throw again. */
export function orQuarantine<T>(stream: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new StreamQuarantined(stream, error);
  }
}
