import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Readiness } from '@tallystick/contracts/http';
import {
  beginEpoch,
  EventStore,
  LogWatch,
  modeOf,
  readEpochs,
  RecordStore,
  StoreUnavailable,
  ViewStore,
  type Epoch,
  type LogMode,
  type RecordedEvent,
} from '@tallystick/eventing';
import { Clock, pause, StartupError, SystemClock } from '@tallystick/runtime';
import { InstallationMode, modeConflict, type ModeDependentSettings } from './installation-mode';
import { align, removeLostAnswers } from './log-alignment';
import {
  anotherLogMessage,
  compareWithLog,
  isTruncated,
  RECORDS_MISSING,
  truncatedMessage,
  type LogComparison,
  type LogReaders,
} from './log-comparison';
import { CONFIGURATION } from '../settings/setting';
import type { Confirmations } from '../settings/common-settings';

const LOOK_MILLISECONDS = 1_000;
/** A server that has just started may show its log empty for a moment. */
const COMPARISONS_BEFORE_REFUSAL = 6;
const COMPARE_AGAIN_MILLISECONDS = 500;

/** One category of the log: its streams, and what this process reads from them. */
export interface LogParticipant extends LogReaders {
  readonly prefix: string;
  /** When an event was recorded, epoch milliseconds; undefined for a record of another program. */
  recordedAt(record: RecordedEvent): number | undefined;
  /** The latest position up to which a view is built, by this process or another one. */
  readUpTo(): number;
  /** Releases the leadership, because nothing may be written while the log is not whole. */
  pause(): Promise<void>;
  /** Called about every second with the last event of the category. */
  onLook(end: RecordedEvent | undefined): void;
}

type LogSettings = Pick<Confirmations, 'acceptTruncatedLog' | 'newRecords'> &
  ModeDependentSettings & {
    /** The mode of a log that is opened for the first time. */
    readonly newLogMode: LogMode;
  };

interface Watched {
  readonly participant: LogParticipant;
  readonly watch: LogWatch;
}

/**
 * The identity and integrity of the process's log: which log it is, and whether it still has what was read from it. One per
 * process, because all categories share one log.
 */
@Injectable()
export class LogService implements OnModuleInit, BeforeApplicationShutdown {
  private readonly log = new Logger(LogService.name);
  private readonly stopping = new AbortController();
  private readonly participants: LogParticipant[] = [];
  private watched: readonly Watched[] = [];
  private epochs: readonly Epoch[] = [];
  private watching: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: EventStore,
    private readonly views: ViewStore,
    private readonly records: RecordStore,
    private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly settings: LogSettings,
    readiness: Readiness,
    private readonly systemClock: SystemClock,
    private readonly mode: InstallationMode,
  ) {
    readiness.add('log', () => this.fault);
  }

  /** Before the service is initialized. */
  join(participant: LogParticipant): void {
    this.participants.push(participant);
  }

  /** The log's newest epoch. */
  get name(): string {
    return this.epochs[this.epochs.length - 1]!.log;
  }

  /** The names of all epochs, oldest first. */
  get names(): readonly string[] {
    return this.epochs.map(({ log }) => log);
  }

  /** Why nothing may be decided on the log. */
  get fault(): string | undefined {
    return this.watched.map(({ watch }) => watch.fault).find((fault) => fault !== undefined);
  }

  async onModuleInit(): Promise<void> {
    await this.open();
    this.watching = this.run(this.stopping.signal);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.watching;
  }

  /** Runs before anything is read for views or published. Throws StartupError. */
  async open(): Promise<void> {
    this.epochs = await readEpochs(this.store);
    const comparisons = await this.compare();
    const truncated = isTruncated(comparisons);
    const other = comparisons.find(({ published }) => published.is === 'another log');
    if (other) throw new StartupError(anotherLogMessage(other.published, this.name));
    if (truncated && !this.settings.acceptTruncatedLog) throw new StartupError(truncatedMessage(comparisons));
    const unknown = await this.withoutRecords();
    const lastCommon = () => latest(comparisons.map((one) => one.lastCommon()));
    const end = await this.lastEnd();
    // A log that has been used without an identity was opened by a version without modes.
    const isNew = this.epochs.length === 0 && !truncated && end === undefined;
    const mode = isNew ? this.settings.newLogMode : modeOf(this.epochs);
    this.assertFits(mode);
    await this.clock.startAfter(await this.lastRecordedAt(comparisons));
    if (truncated || this.epochs.length === 0) {
      const reason = truncated ? 'truncated' : 'opened';
      const at = this.systemClock.timestamp();
      this.epochs = await beginEpoch(this.store, this.epochs, { reason, after: end?.position, mode, at });
    }
    // (another process may have opened the log in the meantime)
    this.mode.recorded = modeOf(this.epochs);
    this.assertFits(this.mode.recorded);
    await this.alignAll(comparisons, truncated, lastCommon);
    for (const { publisher } of unknown) await publisher.begin();
    this.watched = this.participants.map((participant) => ({
      participant,
      watch: new LogWatch(this.store, participant.prefix, this.epochs.length),
    }));
    for (const { watch } of this.watched) await watch.check();
  }

  assertWhole(): void {
    if (this.fault !== undefined) throw new StoreUnavailable(this.fault);
  }

  /** Whether a category has an event. */
  async isUsed(): Promise<boolean> {
    return (await this.lastEnd()) !== undefined;
  }

  private assertFits(mode: LogMode): void {
    const conflict = modeConflict(mode, this.settings, this.clock.isSandbox);
    if (conflict !== undefined) throw new StartupError(conflict);
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const before = this.fault;
      // The readiness of the store reports a store that does not answer.
      for (const { participant, watch } of this.watched)
        await watch.check(participant.readUpTo()).catch(() => undefined);
      if (this.fault !== undefined && this.fault !== before) this.log.error(this.fault);
      for (const { participant, watch } of this.watched) {
        // (a subscription from beyond the log's end never wakes its reader)
        if (this.fault !== undefined) await participant.pause();
        participant.onLook(watch.end);
      }
      await pause(LOOK_MILLISECONDS, signal);
    }
  }

  /** Participants of which the records know nothing. Throws StartupError if their category has events. */
  private async withoutRecords(): Promise<readonly LogParticipant[]> {
    const unknown: LogParticipant[] = [];
    for (const participant of this.participants) {
      if (await participant.publisher.isKnown()) continue;
      const hasEvents = (await this.store.last(participant.prefix)) !== undefined;
      if (hasEvents && this.epochs.length > 0 && !this.settings.newRecords) throw new StartupError(RECORDS_MISSING);
      unknown.push(participant);
    }
    return unknown;
  }

  /** The last event of all participants. */
  private async lastEnd(): Promise<RecordedEvent | undefined> {
    const ends = await Promise.all(this.participants.map(({ prefix }) => this.store.last(prefix)));
    return ends.reduce((last, end) => (end && (!last || end.position > last.position) ? end : last), undefined);
  }

  /** When the last event was recorded. For a record of another program: when the last known event before it was. */
  private lastRecordedAt(comparisons: readonly LogComparison[]): Promise<number | undefined> {
    return latest(
      this.participants.map(async (participant, at) => {
        const end = await this.store.last(participant.prefix);
        return end && (participant.recordedAt(end) ?? comparisons[at]!.lastCommon());
      }),
    );
  }

  private async compare(): Promise<readonly LogComparison[]> {
    for (let attempt = 1; ; attempt++) {
      const compared = this.participants.map((it) => compareWithLog(this.store, this.views, it, this.epochs));
      const comparisons = await Promise.all(compared);
      const isCertain = attempt === COMPARISONS_BEFORE_REFUSAL || (await this.lastEnd()) !== undefined;
      if (!isTruncated(comparisons) || isCertain) return comparisons;
      await pause(COMPARE_AGAIN_MILLISECONDS);
    }
  }

  private async alignAll(
    comparisons: readonly LogComparison[],
    truncated: boolean,
    lastCommon: () => Promise<number | undefined>,
  ): Promise<void> {
    const removeAnswers = async () => removeLostAnswers(this.records, await lastCommon());
    for (const [at, { publisher }] of this.participants.entries()) {
      const { views, names } = this;
      const aligned = await align(views, publisher, comparisons[at]!, names, truncated, removeAnswers);
      if (aligned.dropped.length > 0)
        this.log.warn(
          `These views were read of another log or epoch and are built again: ${aligned.dropped.join(', ')}.`,
        );
      if (aligned.isPublishedAgain)
        this.log.warn(
          `The log goes on as epoch ${this.name}. All of it is published again, with this name in the header "log".`,
        );
    }
  }
}

async function latest(times: readonly Promise<number | undefined>[]): Promise<number | undefined> {
  const known = (await Promise.all(times)).filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
