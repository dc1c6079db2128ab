import { setTimeout as pause } from 'node:timers/promises';
import type { RecordStore } from '@tallystick/eventing';
import type { ServiceDefinition } from '@tallystick/hosting';
import { type Clock, systemClock } from '@tallystick/runtime';
import type { Logger } from 'pino';

const EVERY_MILLISECONDS = 60_000;

/** The record collections that expire by `Clock`. */
export const collectionsByClock = (services: readonly ServiceDefinition[]): readonly string[] =>
  services.flatMap((service) => service.collectionsByClock ?? []);

interface PurgedRecords {
  readonly records: RecordStore;
  readonly clock: Clock;
  /** Collections that expire by `clock`. */
  readonly byClock: readonly string[];
}

/** Deletes expired records, which are not read any more, from the disk. Returns the function that stops it. */
export function purgeExpiredRecords(
  { records, clock, byClock }: PurgedRecords,
  logger: Logger,
  every = EVERY_MILLISECONDS,
): () => Promise<void> {
  const ending = new AbortController();
  const { signal } = ending;
  const work = async () => {
    for (let failure: string | undefined; !signal.aborted;) {
      try {
        await records.purge(systemClock.now(), { except: byClock });
        await records.purge(clock.now(), { only: byClock });
        failure = undefined;
      } catch (error) {
        const { message } = error as Error;
        // An outage is many attempts for one reason.
        if (message !== failure)
          logger.warn({ err: error }, 'what has expired could not be removed; it is tried again');
        failure = message;
      }
      await pause(every, undefined, { signal }).catch(() => undefined);
    }
  };
  const working = work();
  return async () => {
    ending.abort();
    await working;
  };
}
