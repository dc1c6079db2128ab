import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import {
  AccessDeniedError,
  type AllStreamResolvedEvent,
  type AllStreamSubscription,
  type Filter,
  type Position,
  streamNameFilter,
} from '@eventstore/db-client';
import { LogSignal, LOG_START } from '@tallystick/eventing';
import type { EventStoreDbConnection } from './connection';
import { isPassing, reasonOf } from './failures';
import { isOfThePort, positionAfter, positionOf, toRecorded } from './reading';
import type { RecentLog } from './recent-log';

const FIRST_PAUSE = 1 / 50;
const logger = new Logger('EventStoreDB');

/**
 * Wakes those who wait for the log to grow. The client never subscribes again by itself, so this does. What the
 * subscription delivers spares reading it; whatever becomes of it, `readLog` reads what is missing.
 */
export class LogSubscription {
  private readonly growth = new LogSignal();
  private readonly stopping = new AbortController();
  /** Of the newest event seen. A checkpoint does not count: at its position nothing may be there to read. */
  private seen = LOG_START;
  /** The next subscription starts behind this record, */
  private behind = LOG_START;
  /** or here, where the server has looked further. It is advice only: the server may refuse to start there. */
  private checkpoint: Position | undefined;
  private since: number | undefined;
  private subscription: AllStreamSubscription | undefined;
  private refusal: string | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly connection: EventStoreDbConnection,
    private readonly recent: RecentLog,
  ) {}

  /** Why the server gives no subscription, though it can be reached. */
  get fault(): string | undefined {
    return this.refusal;
  }

  async waitForEvents(position: number, signal: AbortSignal): Promise<void> {
    if (this.seen > position || this.stopping.signal.aborted) return;
    const waiting = this.growth.waitForEvents(position, signal);
    this.watch(position);
    await waiting;
  }

  /** From the first position that is waited for; again from an earlier one, if somebody waits for that. */
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
    for (let failures = 0; !signal.aborted; failures++) {
      const worked = await this.subscribe();
      if (signal.aborted) return;
      if (worked) failures = 0;
      const wait = Math.min(resubscribeMs, resubscribeMs * FIRST_PAUSE * 2 ** failures);
      await pause(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves when the subscription has come to an end, one way or the other: whether it had worked. */
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
      // One that is refused for its position is confirmed first; and older servers do not say when they have caught up.
      subscription.on('confirmation', () => (timer = setTimeout(proved, this.connection.settings.resubscribeMs)));
      subscription.on('caughtUp', proved);
      subscription.on('data', (resolved: AllStreamResolvedEvent) => {
        if (!works) proved();
        this.onEvent(resolved);
      });
      // Stays for good: an error that comes after the end must not find the stream without a listener.
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

  /** Logged when it changes, not at each attempt. */
  private explain(fault: string | undefined): void {
    if (fault === this.refusal) return;
    this.refusal = fault;
    if (fault === undefined) logger.log('The subscription to $all works again.');
    else logger.error(`${fault[0]!.toUpperCase()}${fault.slice(1)}. It is tried again.`);
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
    this.growth.advance(this.seen);
  }

  /** Others' events only, so far: whoever waits may move past them too, and a new subscription starts here. */
  private onCheckpoint(subscription: unknown, position: Position): void {
    // One that was dropped for an earlier position still tells what is on its way: it would lead past that position.
    if (subscription !== this.subscription) return;
    // 2^64 - 1 means the end, wherever that will be: what is written meanwhile would be left out.
    const at = Number(position.commit);
    if (!Number.isSafeInteger(at) || at < this.behind) return;
    this.checkpoint = position;
    this.growth.advance(at);
  }

  private drop(): void {
    const { subscription } = this;
    this.subscription = undefined;
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
