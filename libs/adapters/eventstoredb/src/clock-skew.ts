import { Logger } from '@nestjs/common';
import { systemClock } from '@tallystick/runtime';

const logger = new Logger('EventStoreDB');

/** The header `date` has a resolution of one second, and the server updates it every second. */
const DATE_MS = 2_000;
const TOLERATED_MS = 1_000;
/** Older bounds are discarded: a clock may be set at any time. */
const WINDOW_MS = 60_000;

/**
 * Difference between the clock of this machine and the server's (negative if behind). Each response with the server's
 * time narrows the bounds of the difference, so no extra requests are needed.
 */
export class ClockSkew {
  private least = -Infinity;
  private most = Infinity;
  private since = 0;
  private milliseconds = 0;
  private isDated = false;

  constructor(private readonly now: () => number = () => systemClock.now()) {}

  /** Records the `date` of a response to a request that was sent at `asked` (clock of this machine). */
  answered(asked: number, date: string): void {
    const server = Date.parse(date);
    if (Number.isNaN(server)) return;
    this.isDated = true;
    this.narrow(asked - server - DATE_MS, this.now() - server);
  }

  /** Records the time of a stored record, for servers whose responses have no date. */
  stored(created: Date | undefined): void {
    const server = created?.getTime() ?? 0;
    // Records without a time have 0.
    if (server > 0 && !this.isDated) this.narrow(-Infinity, this.now() - server);
  }

  /** Note for the health report while the clocks differ by more than a second. */
  get note(): string | undefined {
    if (this.milliseconds === 0) return undefined;
    const seconds = Math.abs(Math.round(this.milliseconds / 100) / 10);
    return `the clock of this machine is ${seconds} s ${this.milliseconds < 0 ? 'behind' : 'ahead of'} the event store’s`;
  }

  private narrow(least: number, most: number): void {
    const isOld = Math.abs(this.now() - this.since) > WINDOW_MS;
    // Contradictory bounds: one of the clocks has been set.
    if (isOld || least > this.most || most < this.least) {
      this.since = this.now();
      [this.least, this.most] = [least, most];
    } else [this.least, this.most] = [Math.max(this.least, least), Math.min(this.most, most)];
    this.conclude();
  }

  private conclude(): void {
    const { least, most } = this;
    const middle = least === -Infinity ? most : (least + most) / 2;
    // The middle of wide bounds may be wrong by a second.
    const isSure = least > TOLERATED_MS / 2 || most < -TOLERATED_MS / 2;
    const isApart = isSure && Math.abs(middle) > TOLERATED_MS;
    if (!isApart && most - least > 2 * DATE_MS) return;
    const wasApart = this.milliseconds !== 0;
    this.milliseconds = isApart ? middle : 0;
    if (isApart && !wasApart) logger.warn(`${capitalized(this.note!)}: synchronize both with NTP.`);
    if (wasApart && !isApart) logger.log('The clocks of this machine and the event store agree again.');
  }
}

const capitalized = (text: string): string => text[0]!.toUpperCase() + text.slice(1);
