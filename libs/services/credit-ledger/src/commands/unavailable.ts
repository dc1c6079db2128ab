import { NO_ROOM, Problem } from '@tallystick/contracts/http';
import { stoppedDetail, type Unavailable } from '@tallystick/contracts/ledger';
import {
  AmbiguousAppend,
  AppendRefused,
  BusUnavailable,
  CommandAborted,
  StoreUnavailable,
  StoreUnwritable,
  StreamQuarantined,
  UnknownOutcome,
  WrongRevision,
} from '@tallystick/eventing';

const CERTAIN = [StoreUnavailable, CommandAborted, WrongRevision] as const;
const UNKNOWN = [UnknownOutcome, AmbiguousAppend, BusUnavailable] as const;
const UNAVAILABLE = 503;

/** One organization is stopped; the others go on. */
export const isStopped = (error: unknown): error is StreamQuarantined => error instanceof StreamQuarantined;

const isOneOf = (error: unknown, kinds: readonly (new (...args: never[]) => Error)[]): boolean =>
  kinds.some((kind) => error instanceof kind);

/** The organization is stopped, or its stream cannot be asked now: what the views have can still be shown. */
export const isPassing = (error: unknown): boolean => isOneOf(error, CERTAIN) || isStopped(error);

/** In a batch, what cannot be decided now must not spoil the answers that are there. Bugs are thrown on. */
export const orUnavailable = <Reply>(reply: Promise<Reply>): Promise<Reply | Unavailable> =>
  reply.catch((error: unknown) => {
    if (isStopped(error)) return unavailable(stoppedDetail(error.reason, error.stream));
    if (isOneOf(error, UNKNOWN))
      return unavailable(
        'The store did not answer. Whether this was stored is unknown. Send the same again, with the same job id: a job counts once.',
        'unknown_outcome',
      );
    if (error instanceof AppendRefused)
      return unavailable('The event store does not take what this would store. Nothing was moved.');
    if (error instanceof StoreUnwritable) return unavailable(NO_ROOM);
    if (isOneOf(error, CERTAIN))
      return unavailable('The ledger cannot decide now. Nothing was moved; send the same again.');
    if (error instanceof Problem && error.status === UNAVAILABLE) return unavailable(error.detail);
    throw error;
  });

const unavailable = (message: string, code: Unavailable['code'] = 'unavailable'): Unavailable => ({
  kind: 'unavailable',
  code,
  message,
});

/** For what follows a first effect of a request: where that fails, "nothing was stored" would not be true of the whole. */
export const afterEffect = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw isPassing(error)
      ? new UnknownOutcome(`Only a part was stored: ${(error as Error).message}`, { cause: error })
      : error;
  });
