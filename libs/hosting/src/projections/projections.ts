import { Inject, Injectable, Logger } from '@nestjs/common';
import { Problem, type Page } from '@tallystick/contracts/http';

import type { StreamEvent } from '@tallystick/domain/kernel';
import {
  Admission,
  EventStore,
  HoldRegistry,
  LOG_START,
  Projector,
  RecordStore,
  StoreUnavailable,
  ViewStore,
  type Hold,
  type ViewProgress,
} from '@tallystick/eventing';
import { CommandService } from '../commands/command.service';
import { hadNoEffect } from '../commands/errors';
import { StreamLog } from '../log/stream-log';
import { STREAM, Stream } from '../stream/stream';
import type { RecordedFact } from '../stream/stream-definition';
import { recordsPassedOver } from '../telemetry';
import { ProjectedRevisions } from './projected-revisions';
import { CONFIGURATION } from '../settings/setting';
import type { StreamSettings } from '../settings/stream-settings';

const LOOK_MILLISECONDS = 1_000;

/** How far the views are when a read stops waiting for them, and what it waited for. */
export type Behind = NonNullable<Page<unknown>['behind']>;

/** The views of a category, kept up to date from the log. */
@Injectable()
export class Projections {
  private readonly log = new Logger(Projections.name);
  readonly projector: Projector<StreamEvent<RecordedFact>, RecordedFact>;
  private readonly served: Admission<RecordedFact>;
  private lastFailure: string | undefined;
  private readonly listeners: (() => void)[] = [];
  /** Whether the views have every event that was stored before the start. */
  isCaughtUp = false;

  constructor(
    @Inject(STREAM) private readonly stream: Stream,
    store: EventStore,
    records: RecordStore,
    private readonly views: ViewStore,
    private readonly revisions: ProjectedRevisions,
    private readonly commands: CommandService,
    private readonly streamLog: StreamLog,
    @Inject(CONFIGURATION) private readonly limits: StreamSettings,
  ) {
    const { codec, views: definitions } = stream.definition;
    const holds = stream.collections['held-streams'];
    this.served = new Admission({
      store,
      ...codec,
      registry: new HoldRegistry(records, 'views', () => streamLog.name, holds),
      onHeld: (hold) => this.onHeld(hold),
      onRestored: (restored) => restored.forEach((hold) => this.check(hold)),
      onResumed: ({ stream: name, revision }) =>
        this.log.log('A stream that was held goes on.', { stream: name, revision }),
      onSkipped: ({ kind }) => recordsPassedOver.inc({ stream: kind }),
    });
    this.projector = new Projector({
      store,
      viewStore: views,
      views: definitions,
      prefix: stream.prefix,
      admission: (of) => (of === 'served' ? this.served : new Admission({ store, ...codec })),
      log: () => streamLog.name,
      delay: revisions.delay,
      isPaused: () => streamLog.fault !== undefined,
      toStreamEvent: stream.toStreamEvent,
      onProjected: (batch) => this.onBatch(batch),
      onFailed: (error) => this.onFailed(error),
    });
    streamLog.pause = () => this.projector.releaseLease();
    streamLog.readUpTo = () => Math.max(...this.progress().map(({ checkpoint }) => checkpoint));
  }

  async start(): Promise<void> {
    await this.projector.start();
    this.stream.definition.index?.start(this.projector.caughtUp);
    void this.projector.caughtUp.then(() => (this.isCaughtUp = true));
  }

  /** Streams that the views pass over from a record on, those of other programs included. */
  get holds(): readonly Hold[] {
    return this.served.holds;
  }

  progress(): ViewProgress[] {
    return this.projector.progress();
  }

  /** `listener` is called after each batch that the views have committed, in this process or another one. */
  onProjected(listener: () => void): void {
    this.listeners.push(listener);
  }

  /**
   * A read after a write: waits until the views have the stream up to `latest`, its end as the caller knows it (undefined if it
   * could not be read). Returns undefined once they do; after `readWaitMilliseconds`, how far they are.
   */
  async behind(entityId: string, latest: number | undefined): Promise<Behind | undefined> {
    if (latest === undefined) return { revision: await this.revisionOf(entityId), latest: null };
    const has = () => this.revisions.of(entityId) >= latest;
    const look = async () => (await this.revisionOf(entityId)) >= latest;
    if (latest < 0 || (this.isCaughtUp && has()) || (await this.reached(has, look))) return undefined;
    return { revision: await this.revisionOf(entityId), latest };
  }

  /** The same for reads over all streams: until the views have the log up to its end. Positions in place of revisions. */
  async behindLog(): Promise<Behind | undefined> {
    const latest = await this.endOfLog();
    if (latest === undefined) return { revision: this.projector.position, latest: null };
    const has = () => this.projector.position >= latest;
    if (has() || (await this.reached(has, async () => has()))) return undefined;
    return { revision: this.projector.position, latest };
  }

  /** Resolves when the views have the log up to `position`, or after a second. */
  async untilReached(position: number): Promise<void> {
    await this.revisions.waitUntil(() => this.projector.position >= position, LOOK_MILLISECONDS);
  }

  /** The revision up to which every view has the stream; -1 while one is being built. */
  viewedUpTo(entityId: string): Promise<number> {
    return this.isCaughtUp ? this.revisionOf(entityId) : Promise.resolve(-1);
  }

  /** Resolves when the views have the stream up to `revision`; throws a Problem when that takes too long. */
  async caughtUp(entityId: string, revision: number): Promise<void> {
    const behind = await this.behind(entityId, revision);
    if (!behind) return;
    const has = behind.revision < 0 ? 'nothing yet' : behind.revision;
    const detail = `The views do not have revision ${revision} yet; they have ${has}. Try again in a moment, or ask for a lower revision.`;
    throw new Problem(503, 'view_behind', detail, { retryAfter: 1 });
  }

  private endOfLog(): Promise<number | undefined> {
    return this.streamLog
      .end()
      .then((end) => end?.position ?? LOG_START)
      .catch((error: unknown) => {
        if (hadNoEffect(error)) return undefined;
        throw error;
      });
  }

  private async revisionOf(entityId: string): Promise<number> {
    const [row] = await this.views.get(this.stream.directory, [[entityId]]);
    return (row?.revision as number | undefined) ?? -1;
  }

  /** `look` reads the views, once: what was stored before the start of this process is not reported. False when time is up. */
  private async reached(has: () => boolean, look: () => Promise<boolean>): Promise<boolean> {
    let isThere = false;
    const until = this.revisions.waitUntil(
      () => isThere || (this.isCaughtUp && has()),
      this.limits.readWaitMilliseconds,
    );
    // Until then a view that is being built may be behind the directory.
    const looked = this.projector.caughtUp.then(async () => (isThere = has() || (await look())));
    return Promise.race([until, looked.then((found) => found || until)]);
  }

  private onHeld(hold: Hold): void {
    const { stream, revision, eventId, type, reason } = hold;
    const where = { stream, revision, eventId, type, reason };
    if (hold.kind === 'not-ours') this.log.warn('A stream belongs to another program; it is passed over.', where);
    else this.log.error('A record cannot be folded. Views and publishing pass over this stream alone.', where);
    this.check(hold);
  }

  /** Whether the stream's commands are quarantined too: the record may have been accepted since. */
  private check({ kind, stream }: Hold): void {
    if (kind !== 'not-ours') void this.projector.caughtUp.then(() => this.commands.check(this.stream.entityOf(stream)));
  }

  /** Logs an outage once, not with each attempt. */
  private onFailed(error: unknown): void {
    const { message } = error as Error;
    if (message === this.lastFailure) return;
    this.lastFailure = message;
    const text = 'The views could not take a batch; it is tried again.';
    if (error instanceof StoreUnavailable) this.log.warn({ reason: message }, text);
    else this.log.error(error, text);
  }

  private onBatch(batch: readonly StreamEvent<RecordedFact>[]): void {
    this.lastFailure = undefined;
    // The index has an event before a state is trimmed by its revision.
    this.stream.definition.index?.onProjected(batch);
    this.revisions.onProjected(batch);
    for (const listener of this.listeners) listener();
  }
}
