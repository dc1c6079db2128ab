import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { systemClock } from '@tallystick/runtime';

const AGAIN_MILLISECONDS = 500;
const SAY_MILLISECONDS = 5_000;

/** What an adapter throws on opening: `mayPass` where its server is not there yet, and not where it will never do as it is configured. */
interface OpeningError extends Error {
  readonly mayPass?: boolean;
}

/** Opens parts that may start later than this process. */
export class Waiting {
  private readonly logger = new Logger('Start');
  private readonly ending = new AbortController();
  private readonly until: number;

  constructor(seconds: number) {
    this.until = systemClock.monotonic() + seconds * 1_000;
  }

  /** Again and again while the server is not there yet, with a line every few seconds. */
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

  /** Nothing is waited for any more: another part cannot be had at all. */
  end(): void {
    this.ending.abort();
  }
}
