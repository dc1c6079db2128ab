import type { View } from '@tallystick/domain/kernel';
import { checkpointAt } from '../log/checkpoint';
import type { Admission } from '../log/admission';
import { LOG_START } from '../ports/event-store';
import { Leadership } from './leadership';
import { LogReader } from '../log/log-reader';
import type { ProjectorOptions, ViewProgress } from './projector-options';
import { commitBatch } from './view-batch';
import { ViewBuilder } from './view-builder';
import type { Lease, Table } from '../ports/view-store';

export type { ProjectorOptions, ViewProgress };

const waitBeforeRetry = (): Promise<void> => new Promise((resume) => setTimeout(resume, 1_000));
/** A copy comes ever closer to views that move on; the last stretch is gone while they stand still. */
const APPROACHES = 5;
const NEXT = 'next';

/** Views that are brought on together, and what of the log they may fold. */
interface Target<ViewEvent, Event> {
  readonly builders: readonly ViewBuilder<ViewEvent>[];
  readonly generation: string;
  readonly admission: Admission<Event>;
}

/**
 * Keeps views up to date from the log: one reading for all of them, one transaction a batch, at the pace of the store.
 * Of several processes that share a store one writes. The others follow: they tell `projected` what it has committed.
 */
export class Projector<ViewEvent, Event = unknown> {
  private readonly builders = new Map<string, ViewBuilder<ViewEvent>>();
  private readonly stopping = new AbortController();
  private readonly rebuilding = new Map<string, number>();
  private running: Promise<void> = Promise.resolve();
  private reachedEnd: () => void = () => undefined;
  /** Work that needs the views to stand still is chained here, between two batches. */
  private gate: Promise<unknown> = Promise.resolve();

  /** Resolves when the views have had everything that was stored before the start. */
  readonly caughtUp = new Promise<void>((resolve) => (this.reachedEnd = resolve));

  private readonly tables: readonly Table[];
  private readonly ownership: Leadership;
  private readonly log: LogReader;
  /** `projected` has been called with everything up to here that was not there at the start. */
  private told = LOG_START;
  /** Where a follower has seen the log end after the start. */
  private end: number | undefined;
  private readonly admission: Admission<Event>;

  constructor(private readonly options: ProjectorOptions<ViewEvent, Event>) {
    const { store, prefix, batch } = options;
    this.tables = options.views.map(({ table }) => table);
    this.ownership = new Leadership({
      store: options.viewStore,
      tables: this.tables,
      signal: this.stopping.signal,
      acquired: () => this.reload(),
    });
    this.log = new LogReader(store, prefix, batch);
    this.admission = options.admission('served');
  }

  async start(): Promise<void> {
    const { viewStore, views } = this.options;
    await viewStore.open(this.tables);
    for (const view of views) this.builders.set(view.table.name, await this.builder(view, ''));
    this.told = this.position;
    this.running = this.run();
  }

  /** Releases the right to write the views, even while it waits for the log to grow. */
  releaseLease(): Promise<void> {
    return this.ownership.release();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.gate.catch(() => undefined);
    await this.ownership.release().catch(() => undefined);
  }

  /** The position that every view has reached. */
  get position(): number {
    return Math.min(...[...this.builders.values()].map(({ position }) => position));
  }

  /** Which process writes the views, and does what else only one process should do. */
  get leadership(): Pick<Leadership, 'isLeader' | 'on'> {
    return this.ownership;
  }

  progress(): ViewProgress[] {
    return [...this.builders].map(([name, { checkpoint }]) => ({
      name,
      checkpoint: checkpoint.position,
      rebuilding: this.rebuilding.get(name),
    }));
  }

  /** Builds the view anew beside the one that is served, then puts it in its place. */
  async rebuild(name: string): Promise<void> {
    const { viewStore } = this.options;
    const view = this.options.views.find(({ table }) => table.name === name);
    if (!view || this.rebuilding.has(name)) return;
    if (await this.admission.mayGoOn())
      throw new Error('A stream that was held goes on at its next event. Rebuild the view after that.');
    this.rebuilding.set(name, LOG_START);
    let lead: Lease | undefined;
    try {
      lead = await this.aside([view.table], NEXT);
      await viewStore.drop(view.table, NEXT);
      await viewStore.open([view.table], NEXT);
      const next = await this.builder(view, NEXT);
      const copy = this.copy([next], NEXT);
      const progress = (position: number) => void this.rebuilding.set(name, position);
      await this.catchUpAll(copy, Infinity, progress);
      await this.standStill(async (position) => {
        await this.catchUpAll(copy, position, progress);
        if (next.position < position) return;
        await viewStore.promote(view.table, NEXT, this.builders.get(name)!.checkpoint.position);
        this.builders.set(name, await this.builder(view, ''));
      });
    } finally {
      this.rebuilding.delete(name);
      await lead?.release();
    }
  }

  /** A second copy of every view up to where the served ones stand; `compare` runs while both stand still. */
  async replay(
    generation: string,
    progress: (position: number) => void,
    compare: (position: number) => Promise<void>,
  ): Promise<void> {
    const { viewStore, views } = this.options;
    const drop = () => Promise.all(this.tables.map((table) => viewStore.drop(table, generation)));
    const lead = await this.aside(this.tables, generation);
    try {
      await drop();
      await viewStore.open(this.tables, generation);
      const builders = await Promise.all(views.map((view) => this.builder(view, generation)));
      const copies = this.copy(builders, generation);
      // Never past the served views: what is not in them yet would look like a difference.
      for (let approach = 0; approach < APPROACHES; approach++) await this.catchUpAll(copies, this.position, progress);
      await this.standStill(async (position) => {
        await this.catchUpAll(copies, position, progress);
        await compare(position);
      });
    } finally {
      await drop().finally(() => lead.release());
    }
  }

  /** The right to build a copy: two processes would destroy each other's. */
  private async aside(tables: readonly Table[], generation: string): Promise<Lease> {
    const lead = await this.options.viewStore.acquireLease(tables, { generation, signal: this.stopping.signal });
    if (lead) return lead;
    throw new Error('Another process is building such a copy of the views. Try again when it is through.');
  }

  /** Runs `work` between two batches. */
  private between<T>(work: () => Promise<T>): Promise<T> {
    const done = this.gate.catch(() => undefined).then(work);
    this.gate = done;
    return done;
  }

  /** Runs `work` while no process writes the views, with the position that all of them have. */
  private standStill<T>(work: (position: number) => Promise<T>): Promise<T> {
    return this.between(async () => {
      if (!(await this.ownership.acquire(true))) throw new Error('The views are being closed.');
      return work(this.position);
    });
  }

  private async builder(view: View<ViewEvent>, generation: string): Promise<ViewBuilder<ViewEvent>> {
    const { viewStore, cachedRows } = this.options;
    return new ViewBuilder(view, viewStore, generation, await viewStore.checkpoint(view.table, generation), cachedRows);
  }

  private copy(builders: readonly ViewBuilder<ViewEvent>[], generation: string): Target<ViewEvent, Event> {
    return { builders, generation, admission: this.options.admission('copy') };
  }

  private async catchUpAll(target: Target<ViewEvent, Event>, upTo: number, progress?: (position: number) => void) {
    const reached = () => Math.min(...target.builders.map(({ position }) => position));
    while (!this.stopping.signal.aborted && reached() < upTo) {
      const position = await this.step(target, upTo);
      if (position === undefined) return;
      progress?.(position);
    }
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const { pause = waitBeforeRetry, store } = this.options;
    while (!signal.aborted)
      try {
        if (this.options.isPaused?.()) {
          await this.releaseLease();
          await pause();
          continue;
        }
        let leads = false;
        const moved = await this.between(async () => this.turn((leads = await this.ownership.acquire())));
        if (moved) continue;
        if (leads || this.told >= (this.end ??= await this.log.end(this.told))) this.reachedEnd();
        if (leads) await store.waitForEvents(this.position, this.ownership.ended);
        else await this.look();
      } catch (error) {
        this.options.onFailed?.(error);
        await this.reload().catch(() => undefined);
        await pause();
      }
  }

  /** One batch, if only of what another process has written. False where there was nothing. */
  private async turn(leads: boolean): Promise<boolean> {
    if (this.told < this.position) return this.follow();
    const { admission } = this;
    const served = { builders: [...this.builders.values()], generation: '', admission };
    return leads && (await this.step(served)) !== undefined;
  }

  private async reload(): Promise<void> {
    await Promise.all([...this.builders.values()].map((builder) => builder.forget()));
  }

  private async look(): Promise<void> {
    const reached = await this.options.viewStore.waitForCommit(this.tables, this.position, this.stopping.signal);
    for (const builder of this.builders.values()) builder.reached(reached);
  }

  /** False where the log, as this process sees it, is behind the views. */
  private async follow(): Promise<boolean> {
    const { toStreamEvent: place, onProjected: projected } = this.options;
    const { events, position } = await this.log.read(this.told, this.position);
    if (position <= this.told) return false;
    const admitted = await this.admission.admit(this.told, events);
    projected?.(admitted.map(place), position);
    this.admission.committed(position);
    this.told = position;
    return true;
  }

  /** One batch for all of `builders`; each takes what lies beyond its own checkpoint. Undefined where the log had nothing more. */
  private async step(
    { builders, generation, admission }: Target<ViewEvent, Event>,
    upTo = Infinity,
  ): Promise<number | undefined> {
    const { viewStore, log, toStreamEvent: place, onProjected: projected } = this.options;
    const from = Math.min(...builders.map((builder) => builder.position));
    const { events, position } = await this.log.read(from, upTo);
    if (position <= from) return undefined;
    const admitted = await admission.admit(from, events);
    const event = admitted.map((one) => ({ position: one.position, event: place(one) }));
    const last = events[events.length - 1];
    if (last) await commitBatch(viewStore, builders, event, checkpointAt(log?.(), last), generation);
    for (const builder of builders) builder.position = Math.max(builder.position, position);
    admission.committed(position);
    if (generation !== '') return position;
    projected?.(
      event.map((event) => event.event),
      position,
    );
    this.told = position;
    return position;
  }
}
