import { setTimeout as pause } from 'node:timers/promises';
import {
  type AllStreamResolvedEvent,
  type AllStreamSubscription,
  type Filter,
  type Position,
  type ReadPosition,
  streamNameFilter,
} from '@eventstore/db-client';
import { Growth, LOG_START } from '@tallystick/eventing';
import type { Connection } from './connection';
import { positionAfter, positionOf, toRecorded } from './reading';
import type { RecentLog } from './recent-log';

const FIRST_PAUSE = 1 / 50;

/**
 * Wakes those who wait for the log to grow. The client never subscribes again by itself, so this does. What the
 * subscription delivers spares reading it; whatever becomes of it, `readLog` reads what is missing.
 */
export class GrowthWatch {
  private readonly growth = new Growth();
  private readonly stopping = new AbortController();
  /** Of the newest event seen. A checkpoint does not count: at its position nothing may be there to read. */
  private seen = LOG_START;
  /** Where the next subscription starts: behind the newest event or checkpoint. */
  private from: ReadPosition = positionAfter(LOG_START);
  private since: number | undefined;
  private subscription: AllStreamSubscription | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly connection: Connection,
    private readonly recent: RecentLog,
  ) {}

  async past(position: number, signal: AbortSignal): Promise<void> {
    if (this.seen > position || this.stopping.signal.aborted) return;
    const waiting = this.growth.past(position, signal);
    this.watch(position);
    await waiting;
  }

  /** From the first position that is waited for; again from an earlier one, if somebody waits for that. */
  private watch(position: number): void {
    if (this.since !== undefined && position >= this.since) return;
    const isFirst = this.since === undefined;
    this.since = position;
    this.from = positionAfter(position);
    this.recent.begin(position);
    if (isFirst) this.running = this.run();
    else this.drop();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const { resubscribeMs } = this.connection.settings;
    for (let failures = 0; !signal.aborted; failures++) {
      const confirmed = await this.subscribe();
      if (signal.aborted) return;
      if (confirmed) failures = 0;
      const wait = Math.min(resubscribeMs, resubscribeMs * FIRST_PAUSE * 2 ** failures);
      await pause(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves when the subscription has come to an end, one way or the other: whether the server had confirmed it. */
  private subscribe(): Promise<boolean> {
    return new Promise((resolve) => {
      let confirmed = false;
      const subscription = this.connection.client.subscribeToAll({
        fromPosition: this.from,
        filter: this.filter(),
        requiresLeader: true,
      });
      this.subscription = subscription;
      const end = () => {
        if (this.subscription === subscription) this.subscription = undefined;
        subscription.removeAllListeners('data');
        resolve(confirmed);
      };
      subscription.on('confirmation', () => (confirmed = true));
      subscription.on('data', (resolved: AllStreamResolvedEvent) => this.arrived(resolved));
      // Stays for good: an error that comes after the end must not find the stream without a listener.
      subscription.on('error', end);
      subscription.on('end', end);
      subscription.on('close', end);
    });
  }

  private filter(): Filter {
    const { prefixes = [], checkpointEvents } = this.connection.settings;
    const options = {
      maxSearchWindow: checkpointEvents,
      checkpointInterval: 1,
      checkpointReached: (of: unknown, position: Position) => this.looked(of, position),
    };
    return prefixes.length === 0
      ? streamNameFilter({ ...options, regex: '^[^$]' })
      : streamNameFilter({ ...options, prefixes: [...prefixes] });
  }

  private arrived(resolved: AllStreamResolvedEvent): void {
    this.seen = Math.max(this.seen, positionOf(resolved));
    if (resolved.event) {
      this.from = resolved.event.position;
      this.recent.push(toRecorded(resolved));
    }
    this.growth.grewTo(this.seen);
  }

  /** Others' events only, so far: whoever waits may move past them too, and a new subscription starts here. */
  private looked(subscription: unknown, position: Position): void {
    // One that was dropped for an earlier position still tells what is on its way: it would lead past that position.
    if (subscription !== this.subscription) return;
    this.from = position;
    this.growth.grewTo(Number(position.commit));
  }

  private drop(): void {
    const { subscription } = this;
    void subscription?.unsubscribe().catch(() => undefined);
    // A call that the client itself ends says nothing; whoever waits for its end is told here.
    subscription?.emit('end');
  }

  async close(): Promise<void> {
    this.stopping.abort();
    this.growth.wakeAll();
    this.drop();
    await this.running;
  }
}
