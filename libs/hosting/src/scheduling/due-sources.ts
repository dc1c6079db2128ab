import { Injectable } from '@nestjs/common';
import type { Instant } from '@tallystick/domain/kernel';

/** Work that falls due at an instant of `Clock`. */
export interface DueSource {
  /** The least instant after `after` at which something falls due. Undefined if nothing does. */
  nextDue(after: Instant): Promise<Instant | undefined>;
  /** Does what is due by `now`. Returns the number of pieces of work that it found. */
  runDue(now: Instant): Promise<number>;
}

/** All work of the process that falls due by `Clock`, so that a sandbox clock can stop at each instant. */
@Injectable()
export class DueSources {
  private readonly sources: DueSource[] = [];

  register(source: DueSource): void {
    this.sources.push(source);
  }

  async nextDue(after: Instant): Promise<Instant | undefined> {
    const instants = await Promise.all(this.sources.map((source) => source.nextDue(after)));
    return instants.filter((instant) => instant !== undefined).sort()[0];
  }

  async runDue(now: Instant): Promise<number> {
    let found = 0;
    for (const source of this.sources) found += await source.runDue(now);
    return found;
  }
}
