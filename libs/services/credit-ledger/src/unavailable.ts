import { Problem, stoppedDetail, type Unavailable } from '@tallystick/contracts';
import {
  AmbiguousAppend,
  NotDecided,
  StoreUnavailable,
  StreamStopped,
  WrongRevision,
} from '@tallystick/eventing';

const PASSING = [StoreUnavailable, AmbiguousAppend, NotDecided, WrongRevision] as const;

/** The store or the crowd stands in the way, not the command: the same again later is right. */
export const isPassing = (error: unknown): boolean => PASSING.some((type) => error instanceof type);
/** One organization's books do not add up; the others go on. */
export const isStopped = (error: unknown): error is StreamStopped => error instanceof StreamStopped;

/** In a batch, what cannot be decided now must not spoil the answers that are there. Bugs are thrown on. */
export const orUnavailable = <Reply>(reply: Promise<Reply>): Promise<Reply | Unavailable> =>
  reply.catch((error: unknown) => {
    if (isStopped(error)) return unavailable(stoppedDetail(error.reason, error.stream));
    if (isPassing(error))
      return unavailable('The ledger cannot decide now. Send the same again: it counts once.');
    if (error instanceof Problem && error.status === 503) return unavailable(error.detail);
    throw error;
  });

const unavailable = (message: string): Unavailable => ({ kind: 'unavailable', message });
