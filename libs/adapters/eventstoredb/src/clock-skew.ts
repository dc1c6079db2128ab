import { Logger } from '@nestjs/common';

const logger = new Logger('EventStoreDB');

/** A header `date` has whole seconds, and the server renews it once a second. */
const DATE_MS = 2_000;
const TOLERATED_MS = 1_000;
/** Bounds older than this are forgotten: a clock may be set at any time. */
const WINDOW_MS = 60_000;

/**
 * How far this machine's clock is ahead of the server's (behind: negative). Each answer that carries the server's time
 * narrows the bounds of the difference; nothing is sent for it.
 */
export class ClockSkew {
  private least = -Infinity;
  private most = Infinity;
  private since = 0;
  private milliseconds = 0;
  private isDated = false;

  constructor(private readonly now: () => number = Date.now) {}

  /** The server wrote `date` into an answer to what was asked at `asked`, by this machine's clock. */
  answered(asked: number, date: string): void {
    const server = Date.parse(date);
    if (Number.isNaN(server)) return;
    this.isDated = true;
    this.narrow(asked - server - DATE_MS, this.now() - server);
  }

  /** Where answers have no date: the server had stored a record at `created`, by the clock that it had then. */
  stored(created: Date | undefined): void {
    const server = created?.getTime() ?? 0;
    // A record without a time has 0.
    if (server > 0 && !this.isDated) this.narrow(-Infinity, this.now() - server);
  }

  /** A sentence's end, while the clocks are over a second apart. */
  get note(): string | undefined {
    if (this.milliseconds === 0) return undefined;
    const seconds = Math.abs(Math.round(this.milliseconds / 100) / 10);
    return `the clock of this machine is ${seconds} s ${this.milliseconds < 0 ? 'behind' : 'ahead of'} the event store’s`;
  }

  private narrow(least: number, most: number): void {
    const isOld = Math.abs(this.now() - this.since) > WINDOW_MS;
    // Bounds that contradict each other: one of the clocks was set meanwhile.
    if (isOld || least > this.most || most < this.least) {
      this.since = this.now();
      [this.least, this.most] = [least, most];
    } else [this.least, this.most] = [Math.max(this.least, least), Math.min(this.most, most)];
    this.conclude();
  }

  private conclude(): void {
    const { least, most } = this;
    const middle = least === -Infinity ? most : (least + most) / 2;
    // A middle alone may be a second off.
    const isSure = least > TOLERATED_MS / 2 || most < -TOLERATED_MS / 2;
    const isApart = isSure && Math.abs(middle) > TOLERATED_MS;
    if (!isApart && most - least > 2 * DATE_MS) return;
    const wasApart = this.milliseconds !== 0;
    this.milliseconds = isApart ? middle : 0;
    if (isApart && !wasApart) logger.warn(`${capitalized(this.note!)}: let both be set by NTP.`);
    if (wasApart && !isApart) logger.log('The clocks of this machine and the event store agree again.');
  }
}

const capitalized = (text: string): string => text[0]!.toUpperCase() + text.slice(1);
