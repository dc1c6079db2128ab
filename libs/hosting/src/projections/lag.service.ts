import { Inject, Injectable } from '@nestjs/common';
import { LIMITS, Readiness, type Limits } from '@tallystick/contracts/http';
import { Lag, type RecordedEvent } from '@tallystick/eventing';
import { SystemClock } from '@tallystick/runtime';
import { StreamLog } from '../log/stream-log';
import { Publisher } from '../publishing/publisher';
import { STREAM, Stream } from '../stream/stream';
import { projectionLag, publisherLag } from '../telemetry';
import { Projections } from './projections';

/** How far the views and the publisher of a category are behind the end of its log. */
@Injectable()
export class LagService {
  private readonly viewsLag = new Lag();
  private readonly publisherLag = new Lag();

  constructor(
    @Inject(STREAM) private readonly stream: Stream,
    log: StreamLog,
    private readonly projections: Projections,
    private readonly publisher: Publisher,
    @Inject(LIMITS) private readonly limits: Limits,
    private readonly clock: SystemClock,
    readiness: Readiness,
  ) {
    log.onEnd((end) => this.look(end));
    readiness.add(stream.checks.views, () => this.whyBehind());
  }

  private look(end: RecordedEvent | undefined): void {
    const now = this.clock.monotonic();
    const { category } = this.stream.definition;
    if (end) for (const lag of [this.viewsLag, this.publisherLag]) lag.recordEnd(end.position, now);
    projectionLag.set(category, this.behind(now));
    // Only the leader publishes; the other processes know nothing of it.
    const { position } = this.publisher;
    publisherLag.set(category, position === undefined ? 0 : this.publisherLag.seconds(position, now));
  }

  private behind(now: number): number {
    return this.viewsLag.seconds(this.projections.projector.position, now);
  }

  private whyBehind(): string | undefined {
    if (!this.projections.isCaughtUp) return 'the views are still being built from the log';
    const behind = this.behind(this.clock.monotonic());
    return behind > this.limits.maxViewLagSeconds
      ? `the views are ${Math.round(behind)} s behind the end of the log`
      : undefined;
  }
}
