import { Inject, Injectable } from '@nestjs/common';
import { LIMITS, Readiness, type Limits } from '@tallystick/contracts/http';
import { Lag, type RecordedEvent } from '@tallystick/eventing';
import { LogService } from '../log/log.service';
import { Projections } from './projections';
import { Publisher } from '../publishing/publisher';
import { projectionLag, publisherLag } from '../telemetry';

/** How far views and publisher are behind the end of the log, as the store gives it. */
@Injectable()
export class LagService {
  private readonly viewsLag = new Lag();
  private readonly publisherLag = new Lag();

  constructor(
    log: LogService,
    private readonly projections: Projections,
    private readonly publisher: Publisher,
    @Inject(LIMITS) private readonly limits: Limits,
    readiness: Readiness,
  ) {
    log.onLook((end) => this.look(end));
    readiness.add('views', () => this.whyBehind());
  }

  private look(end: RecordedEvent | undefined): void {
    const now = performance.now();
    if (end) for (const lag of [this.viewsLag, this.publisherLag]) lag.recordEnd(end.position, now);
    projectionLag.set(this.behind(now));
    // Only the process that leads publishes; of the others nothing is known.
    const { position } = this.publisher;
    publisherLag.set(position === undefined ? 0 : this.publisherLag.seconds(position, now));
  }

  private behind(now: number): number {
    return this.viewsLag.seconds(this.projections.projector.position, now);
  }

  private whyBehind(): string | undefined {
    if (!this.projections.isCaughtUp) return 'the views are still being built from the log';
    const behind = this.behind(performance.now());
    return behind > this.limits.maxViewLagSeconds
      ? `the views are ${Math.round(behind)} s behind the end of the log`
      : undefined;
  }
}
