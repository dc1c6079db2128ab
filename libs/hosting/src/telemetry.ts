import { Counter, Gauge, Histogram } from 'prom-client';

// On prom-client's default registry; /metrics serves whatever is there.

export const commandsDecided = new Counter({
  name: 'tallystick_commands_total',
  help: 'Commands that the ledger decided, by the answer they got.',
  labelNames: ['command', 'answer'],
});

export const groupSize = new Histogram({
  name: 'tallystick_group_commands',
  help: 'Commands that were decided and stored together.',
  labelNames: ['of'],
  buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
});

export const projectionLag = new Gauge({
  name: 'tallystick_projection_lag_seconds',
  help: 'How long the views have been behind the end of the log; 0 when they have caught up.',
});

export const publisherLag = new Gauge({
  name: 'tallystick_publisher_lag_seconds',
  help: 'How long the publisher has been behind the end of the log; 0 in processes that do not publish.',
});

export const passedOver = new Counter({
  name: 'tallystick_records_passed_over_total',
  help: 'Records of the log that the views do not fold: of streams of other programs (not-ours), and of organizations that are held by a foreign record or one of a later version.',
  labelNames: ['stream'],
});

export const stoppedOrganizations = new Gauge({
  name: 'tallystick_stopped_organizations',
  help: 'Organizations that a fault has stopped in this process.',
});

export const publishedEvents = new Counter({
  name: 'tallystick_published_events_total',
  help: 'Events that the publisher has put on credits.events.',
});

export const duesApplied = new Counter({
  name: 'tallystick_scheduler_ticks_total',
  help: 'Organizations that the scheduler has told what time it is.',
  labelNames: ['why'],
});
