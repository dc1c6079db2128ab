import { randomUUID } from 'node:crypto';
import { type ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb';
import { status } from '@grpc/grpc-js';
import { BEFORE_ALL, compare, eventsFrom, InvalidPosition, type LogPosition, pageFrom, positionOf } from './all-reader';
import type { EventLog } from '../log/event-log';
import { filterOf } from './filters';
import { resolve } from './links';
import { errorOf, nameOf, streamDeleted, toCheckpoint, toEvent } from '../protocol';
import { type ReadCall, startOf } from './read-options';
import { DELETED, NO_STREAM, type Recorded } from '../log/records';

const PAGE = 32;

/** Confirms the subscription, catches up from its start, reports that, and continues with new events. */
abstract class Subscription {
  private readonly early: Recorded[] = [];
  private isLive = false;

  constructor(
    protected readonly log: EventLog,
    protected readonly call: ReadCall,
    private readonly resolvesLinks: boolean,
  ) {}

  run(): void {
    const stop = this.log.listen((event) => (this.isLive ? this.offer(event) : this.early.push(event)));
    this.call.on('cancelled', stop);
    this.call.on('close', stop);
    const confirmation = new ReadResp.SubscriptionConfirmation().setSubscriptionId(randomUUID());
    this.call.write(new ReadResp().setConfirmation(confirmation));
    try {
      this.catchUp();
    } catch (error) {
      stop();
      throw error instanceof InvalidPosition
        ? errorOf(status.INVALID_ARGUMENT, 'Trying to read from an invalid position.')
        : error;
    }
    this.call.write(new ReadResp().setCaughtUp(new ReadResp.CaughtUp()));
    this.isLive = true;
    for (const event of this.early.splice(0)) this.offer(event);
  }

  protected abstract catchUp(): void;
  /** A new event of any stream. */
  protected abstract offer(event: Recorded): void;

  protected send(event: Recorded): void {
    this.call.write(toEvent(resolve(this.log, event, this.resolvesLinks), event.position));
  }
}

class AllSubscription extends Subscription {
  constructor(
    log: EventLog,
    call: ReadCall,
    options: ReadReq.Options,
    /** The last sent or known position. A start after the end skips new events up to it. */
    protected checkpoint: LogPosition,
  ) {
    super(log, call, options.getResolveLinks());
  }

  protected catchUp(): void {
    if (this.isAtTheEnd()) return;
    for (const event of eventsFrom(this.log, this.checkpoint)) this.offer(event);
  }

  protected isAtTheEnd(): boolean {
    const { lastIndexed } = this.log;
    return compare(this.checkpoint, { commit: lastIndexed, prepare: lastIndexed }) >= 0;
  }

  protected offer(event: Recorded): void {
    if (compare(positionOf(event), this.checkpoint) <= 0) return;
    this.send(event);
    this.checkpoint = positionOf(event);
  }
}

/** Sends checkpoints: at page ends, at the end of the catch-up, and then after every interval of events. */
class FilteredSubscription extends AllSubscription {
  private readonly isWanted: (event: Recorded) => boolean;
  private readonly window: number;
  private readonly interval: number;
  private newestCheckpoint: LogPosition | undefined;
  private considered = 0;

  constructor(log: EventLog, call: ReadCall, options: ReadReq.Options, checkpoint: LogPosition) {
    super(log, call, options, checkpoint);
    const filter = options.getFilter()!;
    this.isWanted = filterOf(options);
    this.window = filter.getMax() || PAGE;
    this.interval = this.window * filter.getCheckpointintervalmultiplier();
  }

  protected override catchUp(): void {
    if (this.isAtTheEnd()) return;
    let from = this.checkpoint;
    for (let considered = 0; ;) {
      const page = pageFrom(this.log, from, { max: PAGE, window: this.window, isWanted: this.isWanted });
      for (const event of page.events) super.offer(event);
      considered += page.considered;
      // Without events since the start of the log, this is the largest position.
      if (page.isEnd) return this.sendCheckpoint(this.checkpoint);
      if (considered >= this.interval) {
        considered %= this.interval;
        const start = from.commit < 0 ? { commit: 0, prepare: 0 } : from;
        if (compare(this.checkpoint, start) < 0) this.checkpoint = start;
        this.sendCheckpoint(this.checkpoint);
      }
      from = page.next;
    }
  }

  protected override offer(event: Recorded): void {
    if (this.isWanted(event)) super.offer(event);
    this.considered += 1;
    if (this.considered < this.interval) return;
    this.considered = 0;
    if (compare(positionOf(event), this.checkpoint) < 0) return;
    this.checkpoint = positionOf(event);
    this.sendCheckpoint(this.checkpoint);
  }

  /** Only increasing checkpoints are sent. */
  private sendCheckpoint(checkpoint: LogPosition): void {
    const { newestCheckpoint: newest } = this;
    if (newest && (isLargest(newest) || (!isLargest(checkpoint) && compare(checkpoint, newest) <= 0))) return;
    this.newestCheckpoint = checkpoint;
    this.call.write(toCheckpoint(checkpoint));
  }
}

/** The position before all events is -1, the largest unsigned number. */
const isLargest = (position: LogPosition): boolean => compare(position, BEFORE_ALL) === 0;

class StreamSubscription extends Subscription {
  constructor(
    log: EventLog,
    call: ReadCall,
    options: ReadReq.Options,
    private readonly stream: string,
    private checkpoint: number,
  ) {
    super(log, call, options.getResolveLinks());
  }

  protected catchUp(): void {
    const events = this.log.visible(this.stream);
    if (events === 'deleted') throw streamDeleted(this.stream);
    if (events !== 'not found') for (const event of events) this.offer(event);
  }

  protected offer(event: Recorded): void {
    if (event.stream !== this.stream) return;
    if (event.revision === DELETED) return void this.call.emit('error', streamDeleted(this.stream));
    if (event.revision <= this.checkpoint) return;
    this.send(event);
    this.checkpoint = event.revision;
  }
}

export function subscribe(log: EventLog, call: ReadCall, options: ReadReq.Options): void {
  const stream = options.getStream();
  if (stream) {
    const name = nameOf(stream.getStreamIdentifier());
    const last = log.index.lastRevision(name);
    const from = stream.hasStart() ? NO_STREAM : stream.hasEnd() ? last : Number(stream.getRevision());
    return new StreamSubscription(log, call, options, name, from).run();
  }
  const start = startOf(options.getAll()!);
  const { lastIndexed } = log;
  const checkpoint =
    start === 'start' ? BEFORE_ALL : start === 'end' ? { commit: lastIndexed, prepare: lastIndexed } : start;
  const Kind = options.hasFilter() ? FilteredSubscription : AllSubscription;
  new Kind(log, call, options, checkpoint).run();
}
