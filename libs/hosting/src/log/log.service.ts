import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIRMATIONS, Readiness, type Confirmations } from '@tallystick/contracts/http';
import { Clock, StartupError } from '@tallystick/runtime';
import { Unreadable } from '@tallystick/domain/kernel';
import { LEDGER_RECORDS, STREAM_PREFIX } from '@tallystick/domain/ledger';
import {
  beginEpoch,
  EventStore,
  LogWatch,
  readEpochs,
  RecordStore,
  StoreUnavailable,
  ViewStore,
  type Epoch,
  type RecordedEvent,
} from '@tallystick/eventing';
import { align } from './log-alignment';
import {
  compareWithLog,
  isTruncated,
  RECORDS_GONE,
  whyAnotherLog,
  whyTruncated,
  type Comparison,
} from './log-comparison';
import { PublisherCheckpoint } from '../publishing/publisher-checkpoint';

const LOOK_MILLISECONDS = 1_000;
/** A server that has just started shows its log empty for a moment. */
const LOOKS_BEFORE_REFUSAL = 6;
const LOOK_AGAIN_MILLISECONDS = 500;

/** Which log this is, and whether it still is the one that views and records were read from. */
@Injectable()
export class LogService {
  private readonly log = new Logger(LogService.name);
  private readonly stopping = new AbortController();
  private readonly listeners: ((end: RecordedEvent | undefined) => void)[] = [];
  /** Where views have had an event, whichever process wrote them. */
  readUpTo: () => number | undefined = () => undefined;
  /** Releases what only one process may do. */
  hold: () => Promise<void> = async () => undefined;
  private epochs: readonly Epoch[] = [];
  private watch: LogWatch | undefined;
  private watching: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: EventStore,
    readonly views: ViewStore,
    readonly records: RecordStore,
    readonly published: PublisherCheckpoint,
    private readonly clock: Clock,
    @Inject(CONFIRMATIONS) private readonly confirmed: Confirmations,
    readiness: Readiness,
  ) {
    readiness.add('log', () => this.fault);
  }

  /** The log's newest epoch. */
  get name(): string {
    return this.epochs[this.epochs.length - 1]!.log;
  }

  /** Of all epochs, oldest first. */
  get names(): readonly string[] {
    return this.epochs.map(({ log }) => log);
  }

  /** Why nothing may be decided on the log any more. */
  get fault(): string | undefined {
    return this.watch?.fault;
  }

  /** Before anything is read for views or published. Throws StartupError. */
  async open(): Promise<void> {
    this.epochs = await readEpochs(this.store);
    const comparison = await this.compare();
    const truncated = isTruncated(comparison);
    if (comparison.published.is === 'another log')
      throw new StartupError(whyAnotherLog(comparison.published, this.name));
    if (truncated && !this.confirmed.acceptTruncatedLog) throw new StartupError(whyTruncated(comparison));
    const end = await this.end();
    const isKnown = await this.published.isKnown();
    if (!isKnown && end && this.epochs.length > 0 && !this.confirmed.newRecords) throw new StartupError(RECORDS_GONE);
    // Another program's record says no time: what was published of this log does.
    this.clock.startAfter(end && (timeOf(end) ?? (await comparison.lastCommon())));
    if (truncated || this.epochs.length === 0) {
      const reason = truncated ? 'truncated' : 'opened';
      const epoch = { reason, after: end?.position, at: this.clock.instant() } as const;
      this.epochs = await beginEpoch(this.store, this.epochs, epoch);
    }
    await this.align(comparison, truncated);
    if (!isKnown) await this.published.begin();
    this.watch = new LogWatch(this.store, STREAM_PREFIX, this.epochs.length);
    await this.watch.check();
  }

  start(): void {
    this.watching = this.run(this.stopping.signal);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.watching;
  }

  assertWhole(): void {
    if (this.fault !== undefined) throw new StoreUnavailable(this.fault);
  }

  /** The last event of the log now. */
  end(): Promise<RecordedEvent | undefined> {
    return this.store.last(STREAM_PREFIX);
  }

  /** Called about every second with the log's end as the store gives it. */
  onLook(listener: (end: RecordedEvent | undefined) => void): void {
    this.listeners.push(listener);
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const before = this.fault;
      // A store that cannot be asked is reported by the readiness of the store.
      await this.watch!.check(this.readUpTo()).catch(() => undefined);
      if (this.fault !== undefined && this.fault !== before) this.log.error(this.fault);
      // (a subscription from beyond the log's end would never wake who waits for it)
      if (this.fault !== undefined) await this.hold();
      for (const listener of this.listeners) listener(this.watch!.end);
      await pause(LOOK_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async compare(): Promise<Comparison> {
    for (let looks = 1; ; looks++) {
      const comparison = await compareWithLog(this.store, this.views, this.published, this.epochs);
      const isSure = looks === LOOKS_BEFORE_REFUSAL || (await this.end()) !== undefined;
      if (!isTruncated(comparison) || isSure) return comparison;
      await pause(LOOK_AGAIN_MILLISECONDS);
    }
  }

  private async align(comparison: Comparison, truncated: boolean): Promise<void> {
    const { dropped, isPublishedAnew } = await align(this, comparison, this.names, truncated);
    if (dropped.length > 0)
      this.log.warn(`These views were read of another log or epoch and are built anew: ${dropped.join(', ')}.`);
    if (isPublishedAnew)
      this.log.warn(
        `The log goes on as epoch ${this.name}. All of it is published again, with this name in the header "log".`,
      );
  }
}

/** When the event was recorded, epoch milliseconds; undefined for an event that is not ours. */
export function timeOf(recorded: RecordedEvent): number | undefined {
  const event = LEDGER_RECORDS.decode(recorded);
  return event instanceof Unreadable ? undefined : Date.parse(event.metadata.recordedAt);
}
