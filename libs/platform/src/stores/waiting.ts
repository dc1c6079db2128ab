import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { systemClock } from '@tallystick/runtime';

const AGAIN_MILLISECONDS = 500;
const SAY_MILLISECONDS = 5_000;

/** An error of an adapter on opening. `mayPass`: its server is not available yet. False for a wrong configuration. */
interface OpeningError extends Error {
  readonly mayPass?: boolean;
}

/** Opens stores and buses, and waits for those that start later than this process. */
export class Waiting {
  private readonly logger = new Logger('Start');
  private readonly ending = new AbortController();
  private readonly until: number;

  constructor(seconds: number) {
    this.until = systemClock.monotonic() + seconds * 1_000;
  }

  /** Retries while the server is not available, and logs a line every few seconds. */
  async for<Part>(what: string, open: () => Promise<Part>): Promise<Part> {
    for (let saidAt = -Infinity; ;) {
      try {
        return await open();
      } catch (error) {
        const { mayPass, message } = error as OpeningError;
        const now = systemClock.monotonic();
        if (mayPass !== true || now >= this.until || this.ending.signal.aborted) throw error;
        if (now - saidAt >= SAY_MILLISECONDS) {
          const seconds = Math.ceil((this.until - now) / 1_000);
          this.logger.warn(`Waiting for the ${what}, for ${seconds} s at most. ${message}`);
          saidAt = now;
        }
        await pause(AGAIN_MILLISECONDS, undefined, { signal: this.ending.signal }).catch(() => undefined);
      }
    }
  }

  /** Stops waiting: another part failed to open. */
  end(): void {
    this.ending.abort();
  }
}
