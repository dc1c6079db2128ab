import { Counter, Gauge, Histogram } from 'prom-client';

// On prom-client's default registry, which /metrics serves. One sample covers all categories of the process.

export const commandsDecided = new Counter({
  name: 'tallystick_commands_total',
  help: 'Commands that were decided, by their answer.',
  labelNames: ['command', 'answer'],
});

export const groupSize = new Histogram({
  name: 'tallystick_group_commands',
  help: 'Commands that were decided and stored together.',
  labelNames: ['of'],
  buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
});

export const recordsPassedOver = new Counter({
  name: 'tallystick_records_passed_over_total',
  help: 'Records of the log that the views do not fold: of streams of other programs (not-ours), and of streams that are held by a foreign record or one of a later version.',
  labelNames: ['stream'],
});

export const publishedEvents = new Counter({
  name: 'tallystick_published_events_total',
  help: 'Events that were published from the log to their topic.',
});

export const schedulerTicks = new Counter({
  name: 'tallystick_scheduler_ticks_total',
  help: 'Commands that the scheduler has sent because something was due.',
  labelNames: ['why'],
});

/** A gauge of the process whose value is made of one value per category. */
class CategoryGauge {
  private readonly values = new Map<string, number>();

  constructor(
    private readonly gauge: Gauge,
    private readonly total: (values: readonly number[]) => number,
  ) {}

  set(category: string, value: number): void {
    this.values.set(category, value);
    this.gauge.set(this.total([...this.values.values()]));
  }
}

const highest = (values: readonly number[]): number => Math.max(...values);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export const projectionLag = new CategoryGauge(
  new Gauge({
    name: 'tallystick_projection_lag_seconds',
    help: 'How long the views have been behind the end of the log; 0 when they have caught up.',
  }),
  highest,
);

export const publisherLag = new CategoryGauge(
  new Gauge({
    name: 'tallystick_publisher_lag_seconds',
    help: 'How long the publisher has been behind the end of the log; 0 in processes that do not publish.',
  }),
  highest,
);

export const quarantinedStreams = new CategoryGauge(
  new Gauge({
    name: 'tallystick_stopped_organizations',
    help: 'Streams (organizations) that a fault has stopped in this process.',
  }),
  sum,
);
