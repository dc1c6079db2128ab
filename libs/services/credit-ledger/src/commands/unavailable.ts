import { NO_ROOM, Problem } from '@tallystick/contracts/http';
import { stoppedDetail, type Unavailable } from '@tallystick/contracts/ledger';
import { AmbiguousAppend, AppendRefused, BusUnavailable, StoreUnwritable, UnknownOutcome } from '@tallystick/eventing';
import { isQuarantined, isTransient } from '@tallystick/hosting';

const UNKNOWN = [UnknownOutcome, AmbiguousAppend, BusUnavailable] as const;
const UNAVAILABLE = 503;

/** In a batch, what cannot be decided now must not spoil the answers that are there. Bugs are thrown on. */
export const orUnavailable = <Reply>(reply: Promise<Reply>): Promise<Reply | Unavailable> =>
  reply.catch((error: unknown) => {
    if (isQuarantined(error)) return unavailable(stoppedDetail(error.reason, error.stream));
    if (UNKNOWN.some((kind) => error instanceof kind))
      return unavailable(
        'The store did not answer. Whether this was stored is unknown. Send the same again, with the same job id: a job counts once.',
        'unknown_outcome',
      );
    if (error instanceof AppendRefused)
      return unavailable('The event store does not take what this would store. Nothing was moved.');
    if (error instanceof StoreUnwritable) return unavailable(NO_ROOM);
    if (isTransient(error)) return unavailable('The ledger cannot decide now. Nothing was moved; send the same again.');
    if (error instanceof Problem && error.status === UNAVAILABLE) return unavailable(error.detail);
    throw error;
  });

const unavailable = (message: string, code: Unavailable['code'] = 'unavailable'): Unavailable => ({
  kind: 'unavailable',
  code,
  message,
});
