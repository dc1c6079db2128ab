/** The clock of the server, which can differ from the clocks of clients. */
export class ServerClock {
  /** Milliseconds that it is ahead of the clock of this machine. */
  offsetMs = 0;

  now(): number {
    return Date.now() + this.offsetMs;
  }
}
