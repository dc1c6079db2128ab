/** The server's own clock, which need not agree with its clients'. */
export class ServerClock {
  /** How far it is ahead of this machine's. */
  offsetMs = 0;

  now(): number {
    return Date.now() + this.offsetMs;
  }
}
