import type { EventStore } from '@tallystick/eventing';
import { Counter, Gauge, Histogram } from 'prom-client';

/*
 * On prom-client's default registry, which /metrics serves. Services count where things happen, on the same registry,
 * with names that start with `tallystick_`; the platform counts what it alone sees.
 */

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export const httpSeconds = new Histogram({
  name: 'tallystick_http_request_seconds',
  help: 'Time to answer, by route, method and status.',
  labelNames: ['route', 'method', 'status'],
  buckets: SECONDS,
});

export const httpUnderWay = new Gauge({
  name: 'tallystick_http_requests_under_way',
  help: 'Requests that are not answered yet.',
});

export const refusals = new Counter({
  name: 'tallystick_problems_total',
  help: 'Problems answered by HTTP, by code.',
  labelNames: ['code'],
});

export const subscriptionRefusals = new Counter({
  name: 'tallystick_subscription_refusals_total',
  help: 'Times that the event store has refused or ended the subscription, lost connections aside.',
});

export const storesInfo = new Gauge({
  name: 'tallystick_stores_info',
  help: 'Always 1; its labels say which event store, views, records and bus are in use.',
  labelNames: ['event_store', 'views', 'records', 'bus'],
});

const appendSeconds = new Histogram({
  name: 'tallystick_append_seconds',
  help: 'Time until an append is durable, or has failed.',
  labelNames: ['outcome'],
  buckets: SECONDS,
});

/** The same store, with every append timed. */
export function measured(events: EventStore): EventStore {
  const append = events.append.bind(events);
  events.append = async (...what) => {
    const done = appendSeconds.startTimer();
    try {
      const revision = await append(...what);
      done({ outcome: 'stored' });
      return revision;
    } catch (error) {
      done({ outcome: error instanceof Error ? error.name : 'unknown' });
      throw error;
    }
  };
  return events;
}
