import { setTimeout as pause } from 'node:timers/promises';
import {
  AccessDeniedError,
  type AllStreamResolvedEvent,
  BACKWARDS,
  END,
  type ResolvedEvent,
  type StreamingRead,
} from '@eventstore/db-client';
import { StoreUnavailable } from '@tallystick/eventing';
import { ClockSkew } from './clock-skew';
import { whyNotOpened } from './discovery';
import { isPassing, reasonOf, TimedOut, within } from './failures';
import { GuardedClient } from './guarded-client';
import { placeOf, type EventStoreDbSettings } from './options';

/** The first may only find out that the connection is broken. */
const LEAST_ATTEMPTS = 3;
const PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 500;

/** The one client of the process, and what every call to the server has in common. */
export class EventStoreDbConnection {
  private probing: Promise<void> | undefined;
  /** Since when every read has failed, by the monotonic clock. */
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
      const version = await within(settings.openTimeoutMs, client.readServerFeatures());
      const connection = new EventStoreDbConnection(client, settings, clock, version);
      await within(
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
   * Rejects with StoreUnavailable while there is no connection. Only before this is it certain that nothing was sent:
   * once the client has an append, its errors do not tell.
   */
  async ready(): Promise<void> {
    if (this.closed) throw new StoreUnavailable('The event store is closed.');
    const { openTimeoutMs } = this.settings;
    try {
      if (await within(openTimeoutMs, this.client.isConnected())) return;
      // A call of its own, because the client makes a new connection only when a call has failed.
      this.probing ??= this.collecting(() => this.probe()).then(() => undefined);
      await within(openTimeoutMs, this.probing);
    } catch (error) {
      throw this.unavailable(error);
    } finally {
      this.probing = undefined;
    }
  }

  /** The events of a read, from the leader; tried again on a new connection where that may help. */
  async read<Event extends ResolvedEvent>(start: () => StreamingRead<Event>): Promise<Event[]> {
    if (this.closed) throw new StoreUnavailable('The event store is closed.');
    return this.collecting(start).catch((error: unknown) => {
      throw this.unavailable(error);
    });
  }

  /** Tried again for as long as an election may take; when reads have failed for that long already, a few times. */
  private async collecting<Event extends ResolvedEvent>(
    start: () => StreamingRead<Event>,
    patienceMs = this.settings.electionMs,
  ): Promise<Event[]> {
    for (let attempt = 1; ; attempt++)
      try {
        const events = await collect(start(), this.settings.readTimeoutMs);
        this.failing = undefined;
        for (const { event } of events.slice(-1)) this.clock.stored(event?.created);
        return events;
      } catch (error) {
        if (!isPassing(error)) throw error;
        this.failing ??= performance.now();
        const isPatient = attempt < LEAST_ATTEMPTS || performance.now() - this.failing < patienceMs;
        if (this.closed || !isPatient) throw error;
        await pause(Math.min(attempt * PAUSE_MS, LONGEST_PAUSE_MS));
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
    // StreamNotFound is an answer, not a failure; its reader knows what to make of it.
    if ('streamName' in error) return error;
    const [place, cause] = [placeOf(this.settings), { cause: error }];
    if (error instanceof AccessDeniedError)
      return new StoreUnavailable(
        `The event store at ${place} refuses the user "${this.settings.user ?? 'anonymous'}": was a right taken away, or the password changed? A new password needs a restart of this process.`,
        cause,
      );
    return new StoreUnavailable(`The event store at ${place} does not answer: ${reasonOf(error)}.`, cause);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await within(this.settings.openTimeoutMs, this.client.close()).catch(() => undefined);
  }
}

/** All events of one read; fails when the server has been silent for too long. */
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
    // Stays for good: an error that comes after the end must not find the stream without a listener.
    read.on('error', (error: Error) => settle(() => reject(error)));
  });
}
