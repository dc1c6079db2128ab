import {
  CommandAborted,
  StoreUnavailable,
  StreamQuarantined,
  UnknownOutcome,
  WrongRevision,
} from '@tallystick/eventing';

export const isQuarantined = (error: unknown): error is StreamQuarantined => error instanceof StreamQuarantined;

/** The command or query has had no effect; the same one may succeed later. What the views have can still be shown. */
export const isTransient = (error: unknown): boolean =>
  isQuarantined(error) || [StoreUnavailable, CommandAborted, WrongRevision].some((kind) => error instanceof kind);

/** For work after the first effect of a request. If it fails, a part of the request was stored: the outcome is unknown. */
export const afterEffect = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw isTransient(error)
      ? new UnknownOutcome(`Only a part was stored: ${(error as Error).message}`, { cause: error })
      : error;
  });
