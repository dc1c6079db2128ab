import { BackgroundTask, Mutex, pause } from '@tallystick/runtime';
import { BatchDelay } from '../log/batch-delay';
import { LogReader } from '../log/log-reader';
import { LOG_START } from '../ports/event-store';
import { Leadership } from './leadership';
import type { ProjectorOptions, ViewProgress } from './projector-options';
import { ViewCopies } from './view-copies';
import { type Projected, SERVED, ViewGeneration } from './view-generation';

export type { ProjectorOptions, ViewProgress };

const RETRY = { firstMilliseconds: 1_000, maxMilliseconds: 1_000 };
const ignore = (): void => undefined;
/** After a batch of at least this size the next one is read at once: the views are behind, or the batches are large anyway. */
const LARGE_BATCH = 1_000;

/**
 * Keeps views up to date from the log: one read for all of them, one transaction for each batch. Of several processes that share
 * a view store, one is the leader and writes. The others are followers: they call `onProjected` with what it has committed.
 */
export class Projector<ViewEvent, Event = unknown> {
  private readonly stopping = new AbortController();
  private readonly task: BackgroundTask;
  /** Held for a batch, and while the views have to be paused. */
  private readonly batches = new Mutex();
  private readonly log: LogReader;
  private readonly served: ViewGeneration<ViewEvent, Event>;
  private readonly copies: ViewCopies<ViewEvent, Event>;
  private readonly lease: Leadership;
  private readonly delay: BatchDelay;
  /** `onProjected` was called with all events up to here that were stored after the start. */
  private announced = LOG_START;
  /** The end of the log as a follower has seen it after the start. */
  private end: number | undefined;
  private isCaughtUp = false;
  private reachedEnd: () => void = () => undefined;

  /** Resolves when the views have all events that were stored before the start. */
  readonly caughtUp = new Promise<void>((resolve) => (this.reachedEnd = resolve));

  constructor(private readonly options: ProjectorOptions<ViewEvent, Event>) {
    const { store, viewStore: views, prefix, batch, admission, delay = new BatchDelay(), retry = RETRY } = options;
    const { signal } = this.stopping;
    this.log = new LogReader(store, prefix, batch);
    this.delay = delay;
    this.served = new ViewGeneration(options, this.log, admission('served'), SERVED);
    this.copies = new ViewCopies(options, this.log, this.served, (work) => this.whilePaused(work), signal);
    const tables = options.views.map(({ table }) => table);
    this.lease = new Leadership({ store: views, tables, signal, onAcquired: () => this.served.reload() });
    this.task = new BackgroundTask(() => this.turn(), { ...retry, failed: options.onFailed ?? ignore });
  }

  async start(): Promise<void> {
    await this.served.open(this.options.views);
    this.announced = this.position;
    this.task.start();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.task.stop();
    await this.batches.idle();
    await this.lease.release().catch(() => undefined);
  }

  /** The position that every view has reached. */
  get position(): number {
    return this.served.position;
  }

  /** Which process writes the views, and does what else only one process should do. */
  get leadership(): Pick<Leadership, 'isLeader' | 'on'> {
    return this.lease;
  }

  /** Ends the leadership of this process, even while it waits for new events. */
  releaseLease(): Promise<void> {
    return this.lease.release();
  }

  progress(): ViewProgress[] {
    return [...this.served.checkpoints()].map(([name, { position }]) => ({
      name,
      checkpoint: position,
      rebuilding: this.copies.rebuilding(name),
    }));
  }

  /** Builds the view again as a copy, then puts the copy in place of the served one. */
  rebuild(name: string): Promise<void> {
    return this.copies.rebuild(name);
  }

  /** Builds a copy of every view, up to the position of the served ones. `compare` runs while both are paused. */
  replay(
    generation: string,
    onProgress: (position: number) => void,
    compare: (position: number) => Promise<void>,
  ): Promise<void> {
    return this.copies.compare(generation, onProgress, compare);
  }

  private whilePaused(work: (position: number) => Promise<void>): Promise<void> {
    return this.batches.run(async () => {
      if (!(await this.lease.acquire(true))) throw new Error('The views are being closed.');
      await work(this.position);
    });
  }

  private async turn(): Promise<void> {
    if (this.options.isPaused?.()) {
      await this.releaseLease();
      return pause(RETRY.firstMilliseconds, this.stopping.signal);
    }
    try {
      await this.projectNext();
    } catch (error) {
      await this.served.reload().catch(() => undefined);
      throw error;
    }
  }

  /** One batch; then waits where there is nothing more to read now. */
  private async projectNext(): Promise<void> {
    let isLeader = false;
    const projected = await this.batches.run(async () => {
      isLeader = await this.lease.acquire();
      // Events that another process has committed come first: they are announced in the order of the log.
      const next = this.announced < this.position ? await this.follow() : isLeader && (await this.served.project());
      if (next) this.announce(next);
      return next;
    });
    if (!projected) await this.waitForMore(isLeader);
    const isBehind = !this.isCaughtUp || (projected && projected.events.length >= LARGE_BATCH);
    if (isLeader && !isBehind) await this.delay.wait(this.lease.ended);
  }

  private announce({ events, position }: Projected<ViewEvent>): void {
    this.options.onProjected?.(events, position);
    this.announced = position;
  }

  private async waitForMore(isLeader: boolean): Promise<void> {
    const { store, viewStore, views } = this.options;
    if (isLeader || this.announced >= (this.end ??= await this.log.end(this.announced))) {
      this.isCaughtUp = true;
      this.reachedEnd();
    }
    if (isLeader) return store.waitForEvents(this.position, this.lease.ended);
    const tables = views.map(({ table }) => table);
    this.served.advanceTo(await viewStore.waitForCommit(tables, this.position, this.stopping.signal));
  }

  /** Reads what another process has committed. Undefined if the log, as this process sees it, is behind the views. */
  private async follow(): Promise<Projected<ViewEvent> | undefined> {
    const { events, position } = await this.log.read(this.announced, this.position);
    if (position <= this.announced) return undefined;
    const admitted = await this.served.admission.admit(this.announced, events);
    this.served.admission.committed(position);
    return { events: admitted.map(this.options.toStreamEvent), position };
  }
}
