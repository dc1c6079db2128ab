import {
  AccessDeniedError,
  type AllStreamResolvedEvent,
  BACKWARDS,
  END,
  type ResolvedEvent,
  type StreamingRead,
} from '@eventstore/db-client';
import { StoreUnavailable } from '@tallystick/eventing';
import { Backoff, systemClock } from '@tallystick/runtime';
import { ClockSkew } from './clock-skew';
import { whyNotOpened } from './discovery';
import { isPassing, reasonOf, TimedOut, withDeadline } from './failures';
import { GuardedClient } from './guarded-client';
import { placeOf, type EventStoreDbSettings } from './options';

/** The first attempt may only detect that the connection is broken. */
const LEAST_ATTEMPTS = 3;
const RETRY = { firstMilliseconds: 50, maxMilliseconds: 500 };

/** The client of the process, with the retries and error messages that all calls share. */
export class EventStoreDbConnection {
  private probing: Promise<void> | undefined;
  /** Start of the current series of failed reads (monotonic time). */
  private failing: number | undefined;
  private closed = false;

  private constructor(
    readonly client: GuardedClient,
    readonly settings: EventStoreDbSettings,
    readonly clock: ClockSkew,
    readonly serverVersion: string,
  ) {}

  static async open(settings: EventStoreDbSettings): Promise<EventStoreDbConnection> {
    let client: GuardedClient | undefined;
    const clock = new ClockSkew();
    try {
      client = new GuardedClient(settings, clock);
      const version = await withDeadline(settings.openTimeoutMs, client.readServerFeatures());
      const connection = new EventStoreDbConnection(client, settings, clock, version);
      await withDeadline(
        settings.openTimeoutMs,
        connection.collecting(() => connection.probe(), settings.openTimeoutMs / 2),
      );
      return connection;
    } catch (error) {
      await client?.close().catch(() => undefined);
      throw await whyNotOpened(settings, error);
    }
  }

  /**
   * Rejects with StoreUnavailable while there is no connection. After this check, an error of the client no longer
   * proves that an append was not sent.
   */
  async ready(): Promise<void> {
    if (this.closed) throw new StoreUnavailable('The event store is closed.');
    const { openTimeoutMs } = this.settings;
    try {
      if (await withDeadline(openTimeoutMs, this.client.isConnected())) return;
      // A separate call, because the client reconnects only after a failed call.
      this.probing ??= this.collecting(() => this.probe()).then(() => undefined);
      await withDeadline(openTimeoutMs, this.probing);
    } catch (error) {
      throw this.unavailable(error);
    } finally {
      this.probing = undefined;
    }
  }

  /** Reads events from the leader. Transient failures are retried on a new connection. */
  async read<Event extends ResolvedEvent>(start: () => StreamingRead<Event>): Promise<Event[]> {
    if (this.closed) throw new StoreUnavailable('The event store is closed.');
    return this.collecting(start).catch((error: unknown) => {
      throw this.unavailable(error);
    });
  }

  /** Retries for the duration of an election; if reads have already failed for that long, only a few times. */
  private async collecting<Event extends ResolvedEvent>(
    start: () => StreamingRead<Event>,
    patienceMs = this.settings.electionMs,
  ): Promise<Event[]> {
    const backoff = new Backoff(RETRY);
    for (;;)
      try {
        const events = await collect(start(), this.settings.readTimeoutMs);
        this.failing = undefined;
        for (const { event } of events.slice(-1)) this.clock.stored(event?.created);
        return events;
      } catch (error) {
        if (!isPassing(error)) throw error;
        this.failing ??= systemClock.monotonic();
        const isPatient = backoff.failures < LEAST_ATTEMPTS - 1 || systemClock.monotonic() - this.failing < patienceMs;
        if (this.closed || !isPatient) throw error;
        await backoff.wait();
      }
  }

  private probe(): StreamingRead<AllStreamResolvedEvent> {
    return this.client.readAll({
      direction: BACKWARDS,
      fromPosition: END,
      maxCount: 1,
      requiresLeader: true,
    });
  }

  private unavailable(error: unknown): unknown {
    if (error instanceof StoreUnavailable || !(error instanceof Error)) return error;
    // StreamNotFound is a result, which the caller handles.
    if ('streamName' in error) return error;
    const [place, cause] = [placeOf(this.settings), { cause: error }];
    if (error instanceof AccessDeniedError)
      return new StoreUnavailable(
        `The event store at ${place} refuses the user "${this.settings.user ?? 'anonymous'}": were its rights or its password changed? A new password requires a restart of this process.`,
        cause,
      );
    return new StoreUnavailable(`The event store at ${place} does not answer: ${reasonOf(error)}.`, cause);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await withDeadline(this.settings.openTimeoutMs, this.client.close()).catch(() => undefined);
  }
}

/** Collects all events of a read. Rejects with TimedOut if the server sends nothing for `silenceMs`. */
function collect<Event extends ResolvedEvent>(read: StreamingRead<Event>, silenceMs: number): Promise<Event[]> {
  return new Promise((resolve, reject) => {
    const events: Event[] = [];
    const timer = setTimeout(() => {
      reject(new TimedOut(silenceMs));
      void read.cancel().catch(() => undefined);
    }, silenceMs);
    const settle = (how: () => void) => {
      clearTimeout(timer);
      how();
    };
    read.on('data', (event: Event) => {
      events.push(event);
      timer.refresh();
    });
    read.on('end', () => settle(() => resolve(events)));
    // Never removed: an error after the end would be an uncaught exception without a listener.
    read.on('error', (error: Error) => settle(() => reject(error)));
  });
}
