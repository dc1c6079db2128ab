import { Logger } from '@nestjs/common';
import {
  AccessDeniedError,
  type AllStreamResolvedEvent,
  type AllStreamSubscription,
  type Filter,
  type Position,
  streamNameFilter,
} from '@eventstore/db-client';
import { LOG_START } from '@tallystick/eventing';
import { Backoff, Signal } from '@tallystick/runtime';
import type { EventStoreDbConnection } from './connection';
import { isPassing, reasonOf } from './failures';
import { isOfThePort, positionAfter, positionOf, toRecorded } from './reading';
import type { RecentLog } from './recent-log';

const logger = new Logger('EventStoreDB');

/**
 * Wakes callers that wait for new events. It subscribes again after a failure, which the client does not do. Delivered
 * events need not be read from the server; `readLog` reads events that the subscription has missed.
 */
export class LogSubscription {
  private readonly growth = new Signal();
  private readonly stopping = new AbortController();
  /** Position of the newest event. Checkpoints are ignored: no event need exist at their position. */
  private seen = LOG_START;
  /** The next subscription starts after this record, */
  private behind = LOG_START;
  /** or at this checkpoint if the server has searched further. The server may refuse to start there. */
  private checkpoint: Position | undefined;
  private since: number | undefined;
  private subscription: AllStreamSubscription | undefined;
  private refusal: string | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly connection: EventStoreDbConnection,
    private readonly recent: RecentLog,
  ) {}

  /** Reason why the server refuses the subscription although it is reachable. */
  get fault(): string | undefined {
    return this.refusal;
  }

  async waitForEvents(position: number, signal: AbortSignal): Promise<void> {
    if (this.seen > position || this.stopping.signal.aborted) return;
    const waiting = this.growth.wait({ after: position, signal });
    this.watch(position);
    await waiting;
  }

  /**
   * Subscribes after the first position that a caller waits for, and again after an earlier one if a caller needs it.
   */
  private watch(position: number): void {
    if (this.since !== undefined && position >= this.since) return;
    const isFirst = this.since === undefined;
    this.since = position;
    this.behind = position;
    this.checkpoint = undefined;
    if (isFirst) this.running = this.run();
    else this.drop();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const { resubscribeMs } = this.connection.settings;
    const backoff = new Backoff({ firstMilliseconds: resubscribeMs / 50, maxMilliseconds: resubscribeMs });
    while (!signal.aborted) {
      const worked = await this.subscribe();
      if (signal.aborted) return;
      if (worked) backoff.reset();
      await backoff.wait(signal);
    }
  }

  /** Resolves when the subscription has ended; true if it had worked. */
  private subscribe(): Promise<boolean> {
    this.recent.clear();
    return new Promise((resolve) => {
      const subscription = this.connection.client.subscribeToAll({
        fromPosition: this.checkpoint ?? positionAfter(this.behind),
        filter: this.filter(),
        requiresLeader: true,
      });
      this.subscription = subscription;
      let works = false;
      let timer: NodeJS.Timeout | undefined;
      const proved = () => {
        works = true;
        this.explain(undefined);
      };
      const end = (error?: Error) => {
        clearTimeout(timer);
        if (this.subscription === subscription) {
          this.subscription = undefined;
          if (error && !isPassing(error)) this.onRefused(error);
        }
        subscription.removeAllListeners('data');
        resolve(works);
      };
      // The server confirms a subscription before it refuses its position, and older servers do not send `caughtUp`.
      subscription.on('confirmation', () => (timer = setTimeout(proved, this.connection.settings.resubscribeMs)));
      subscription.on('caughtUp', proved);
      subscription.on('data', (resolved: AllStreamResolvedEvent) => {
        if (!works) proved();
        this.onEvent(resolved);
      });
      // Never removed: an error after the end would be an uncaught exception without a listener.
      subscription.on('error', end);
      subscription.on('end', () => end());
      subscription.on('close', () => end());
    });
  }

  private onRefused(error: Error): void {
    this.checkpoint = undefined;
    this.connection.settings.subscriptionRefused?.();
    const why =
      error instanceof AccessDeniedError
        ? 'the user may not read $all, or its password was changed (then restart this process with the new one)'
        : reasonOf(error);
    this.explain(`the subscription to $all is refused: ${why}`);
  }

  /** Logs only changes, not each attempt. */
  private explain(fault: string | undefined): void {
    if (fault === this.refusal) return;
    this.refusal = fault;
    if (fault === undefined) logger.log('The subscription to $all works again.');
    else logger.error(`${fault[0]!.toUpperCase()}${fault.slice(1)}. Subscribing again.`);
  }

  private filter(): Filter {
    const { prefixes = [], checkpointEvents } = this.connection.settings;
    const options = {
      maxSearchWindow: checkpointEvents,
      checkpointInterval: 1,
      checkpointReached: (of: unknown, position: Position) => this.onCheckpoint(of, position),
    };
    return prefixes.length === 0
      ? streamNameFilter({ ...options, regex: '^[^$]' })
      : streamNameFilter({ ...options, prefixes: [...prefixes] });
  }

  private onEvent(resolved: AllStreamResolvedEvent): void {
    this.seen = Math.max(this.seen, positionOf(resolved));
    if (resolved.event) {
      this.behind = positionOf(resolved);
      this.checkpoint = undefined;
      this.connection.clock.stored(resolved.event.created);
      if (isOfThePort(resolved, '')) this.recent.push(toRecorded(resolved));
    }
    this.growth.notify(this.seen);
  }

  /**
   * The server has found only events of other streams: callers may skip them, and the next subscription starts here.
   */
  private onCheckpoint(subscription: unknown, position: Position): void {
    // A subscription that was replaced by one at an earlier position may still deliver checkpoints beyond that
    // position.
    if (subscription !== this.subscription) return;
    // 2^64 - 1 is the end of the log at the time of the next subscription: it would skip events written until then.
    const at = Number(position.commit);
    if (!Number.isSafeInteger(at) || at < this.behind) return;
    this.checkpoint = position;
    this.growth.notify(at);
  }

  private drop(): void {
    const { subscription } = this;
    this.subscription = undefined;
    void subscription?.unsubscribe().catch(() => undefined);
    // The client emits no event for a call that it cancels itself, so the end is emitted here.
    subscription?.emit('end');
  }

  async close(): Promise<void> {
    this.stopping.abort();
    this.growth.notify();
    this.drop();
    await this.running;
  }
}
