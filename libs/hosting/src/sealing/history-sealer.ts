import { Inject, Injectable, Logger } from '@nestjs/common';
import { LIMITS, type Limits } from '@tallystick/contracts/http';
import { instantOf } from '@tallystick/domain/kernel';
import { ChainCheck, EventStore, pagesOf, RecordStore, ViewStore } from '@tallystick/eventing';
import { Clock, pause, SystemClock } from '@tallystick/runtime';
import { CommandService } from '../commands/command.service';
import { Projections } from '../projections/projections';
import { RecordCollection } from '../records/record-collections';
import { LeaderTask } from '../stream/leader-task';
import { entityColumnOf, STREAM, Stream } from '../stream/stream';

const PAGE = 100;
const EVERY_MILLISECONDS = 3_600_000;
const RETRY = { firstMilliseconds: 10_000, maxMilliseconds: 20_000 };

/**
 * Seals what older streams have had before their first hash, one stream after the other and slowly, so that no command has to
 * read a whole stream. New streams begin with hashes; a process of an older version may still open others, so it repeats.
 */
@Injectable()
export class HistorySealer {
  private readonly log = new Logger(HistorySealer.name);
  /** Streams that have nothing to seal, so that each is read once. */
  private readonly sealed: RecordCollection<true>;
  private readonly task: LeaderTask;
  private count = 0;

  constructor(
    @Inject(STREAM) private readonly stream: Stream,
    private readonly store: EventStore,
    private readonly views: ViewStore,
    records: RecordStore,
    private readonly commands: CommandService,
    projections: Projections,
    private readonly clock: Clock,
    private readonly systemClock: SystemClock,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {
    this.sealed = new RecordCollection(records, stream.collections['sealed-histories'], systemClock);
    const step = async (signal: AbortSignal) => {
      await this.sweep(signal);
      await pause(EVERY_MILLISECONDS, signal);
    };
    this.task = new LeaderTask(projections.projector.leadership, step, {
      ...RETRY,
      failed: (error) => this.log.warn(error, 'Older streams could not be sealed; it is tried again.'),
    });
  }

  start(): void {
    if (this.stream.definition.seal) this.task.start();
  }

  stop(): Promise<void> {
    return this.task.stop();
  }

  /** Every stream that may have a history without a seal. */
  async sweep(signal: AbortSignal): Promise<void> {
    const before = this.count;
    const { directory } = this.stream;
    const entity = entityColumnOf(directory);
    for (let after = ''; ;) {
      const rows = await this.views.find(directory, {
        where: { [entity]: { after } },
        columns: [entity],
        order: [entity],
        limit: PAGE,
      });
      const ids = rows.map((row) => row[entity] as string);
      const known = await this.sealed.get(ids);
      for (const [at, id] of ids.entries()) {
        if (signal.aborted) return;
        if (known[at] === undefined) await this.sealOne(id, signal);
      }
      if (ids.length < PAGE) break;
      after = ids[ids.length - 1]!;
    }
    if (this.count > before) this.log.log(`Histories of older streams that are sealed now: ${this.count - before}.`);
  }

  /** A stream that is quarantined, or was tampered with, does not stop the others. */
  private async sealOne(entityId: string, signal: AbortSignal): Promise<void> {
    try {
      await this.seal(entityId, signal);
      if (!signal.aborted) await this.sealed.put([{ key: entityId, value: true }]);
    } catch (error) {
      this.log.warn(error, `The history of ${this.stream.nameOf(entityId)} is not sealed; it is tried again.`);
    }
  }

  /** If the chain has not started, the seal starts it, unless another process has written in between: the second look sees that. */
  private async seal(entityId: string, signal: AbortSignal): Promise<void> {
    const check = new ChainCheck(this.stream.nameOf(entityId));
    let upTo: number | undefined;
    for (let next = 0; !signal.aborted;) {
      next = await this.readToFirstHash(check, next, signal);
      const { history, hasStarted } = check;
      if (signal.aborted || history === undefined || history.upTo === upTo) return;
      upTo = history.upTo;
      await this.commands.execute(entityId, this.stream.definition.seal!.command(history, instantOf(this.clock.now())));
      this.count += 1;
      if (hasStarted) return;
    }
  }

  /** Returns the revision to read on from. */
  private async readToFirstHash(check: ChainCheck, from: number, signal: AbortSignal): Promise<number> {
    let next = from;
    for await (const page of pagesOf(this.store, check.stream, from)) {
      const started = this.systemClock.monotonic();
      for (const record of page) {
        const [breach] = check.take(record);
        if (breach !== undefined) throw new Error(`${check.stream}: ${breach}`);
        next = record.revision + 1;
        if (check.hasStarted) break;
      }
      if (check.hasStarted || signal.aborted) break;
      const share = (1_000 * page.length) / this.limits.sealEventsPerSecond;
      await pause(Math.max(0, share - (this.systemClock.monotonic() - started)), signal);
    }
    return next;
  }
}
