import { LOG_START, type EventStore, type LogPage, type RecordedEvent } from './event-store';
import { ViewBuilder, type View } from './view-builder';
import type { ViewStore } from './view-store';

export interface ProjectorOptions<Placed> {
  readonly store: EventStore;
  readonly viewStore: ViewStore;
  readonly views: readonly View<Placed>[];
  readonly prefix: string;
  readonly place: (recorded: RecordedEvent) => Placed;
  /** Events a transaction. */
  readonly batch?: number;
  /** Rows of each view kept in memory. */
  readonly cachedRows?: number;
  readonly projected?: (placed: readonly Placed[], position: number) => void;
  /** A batch failed and is tried again after a pause. */
  readonly failed?: (error: unknown) => void;
  /** Before a failed batch is tried again. */
  readonly pause?: () => Promise<void>;
}

export interface ViewProgress {
  readonly name: string;
  readonly checkpoint: number;
  /** How far the copy that is to replace the view has come. */
  readonly rebuilding?: number;
}

const waitBeforeRetry = (): Promise<void> => new Promise((resume) => setTimeout(resume, 1_000));
/** A copy comes ever closer to views that move on; the last stretch is gone while they stand still. */
const APPROACHES = 5;
const NEXT = 'next';

/** Keeps views up to date from the log: one reading for all of them, one transaction a batch, at the pace of the store. */
export class Projector<Placed> {
  private readonly builders = new Map<string, ViewBuilder<Placed>>();
  private readonly stopping = new AbortController();
  private readonly rebuilding = new Map<string, number>();
  private running: Promise<void> = Promise.resolve();
  private reachedEnd: () => void = () => undefined;
  /** Work that needs the views to stand still is chained here, between two batches. */
  private gate: Promise<unknown> = Promise.resolve();

  /** Resolves when the views have had everything that was stored before the start. */
  readonly caughtUp = new Promise<void>((resolve) => (this.reachedEnd = resolve));

  constructor(private readonly options: ProjectorOptions<Placed>) {}

  async start(): Promise<void> {
    const { viewStore, views } = this.options;
    await viewStore.open(views.map(({ table }) => table));
    for (const view of views) this.builders.set(view.table.name, await this.builder(view, ''));
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.gate.catch(() => undefined);
  }

  /** The position that every view has reached. */
  get position(): number {
    return Math.min(...[...this.builders.values()].map(({ checkpoint }) => checkpoint));
  }

  progress(): ViewProgress[] {
    return [...this.builders].map(([name, { checkpoint }]) => ({
      name,
      checkpoint,
      rebuilding: this.rebuilding.get(name),
    }));
  }

  /** Builds the view anew beside the one that is served, then puts it in its place. */
  async rebuild(name: string): Promise<void> {
    const { viewStore } = this.options;
    const view = this.options.views.find(({ table }) => table.name === name);
    if (!view || this.rebuilding.has(name)) return;
    this.rebuilding.set(name, LOG_START);
    try {
      await viewStore.drop(view.table, NEXT);
      await viewStore.open([view.table], NEXT);
      const next = await this.builder(view, NEXT);
      const progress = (position: number) => void this.rebuilding.set(name, position);
      await this.catchUpAll([next], Infinity, NEXT, progress);
      await this.standStill(async (position) => {
        await this.catchUpAll([next], position, NEXT, progress);
        if (next.checkpoint < position) return;
        await viewStore.promote(view.table, NEXT);
        this.builders.set(name, await this.builder(view, ''));
      });
    } finally {
      this.rebuilding.delete(name);
    }
  }

  /** A second copy of every view up to where the served ones stand; `compare` runs while both stand still. */
  async replay(
    generation: string,
    progress: (position: number) => void,
    compare: (position: number) => Promise<void>,
  ): Promise<void> {
    const { viewStore, views } = this.options;
    const tables = views.map(({ table }) => table);
    const drop = () => Promise.all(tables.map((table) => viewStore.drop(table, generation)));
    await drop();
    try {
      await viewStore.open(tables, generation);
      const copies = await Promise.all(views.map((view) => this.builder(view, generation)));
      // Never past the served views: what is not in them yet would look like a difference.
      for (let approach = 0; approach < APPROACHES; approach++)
        await this.catchUpAll(copies, this.position, generation, progress);
      await this.standStill(async (position) => {
        await this.catchUpAll(copies, position, generation, progress);
        await compare(position);
      });
    } finally {
      await drop();
    }
  }

  /** Runs `work` between two batches, with the position all views have. */
  private standStill<T>(work: (position: number) => Promise<T>): Promise<T> {
    const done = this.gate.catch(() => undefined).then(() => work(this.position));
    this.gate = done;
    return done;
  }

  private async builder(view: View<Placed>, generation: string): Promise<ViewBuilder<Placed>> {
    const { viewStore, cachedRows } = this.options;
    return new ViewBuilder(
      view,
      viewStore,
      generation,
      await viewStore.checkpoint(view.table, generation),
      cachedRows,
    );
  }

  private async catchUpAll(
    builders: readonly ViewBuilder<Placed>[],
    upTo: number,
    generation: string,
    progress?: (position: number) => void,
  ) {
    while (
      !this.stopping.signal.aborted &&
      Math.min(...builders.map(({ checkpoint }) => checkpoint)) < upTo
    ) {
      const position = await this.step(builders, generation, upTo);
      if (position === undefined) return;
      progress?.(position);
    }
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const { pause = waitBeforeRetry } = this.options;
    while (!signal.aborted)
      try {
        const position = await this.standStill(() => this.step([...this.builders.values()], ''));
        if (position !== undefined) continue;
        this.reachedEnd();
        await this.options.store.grown(this.position, signal);
      } catch (error) {
        this.options.failed?.(error);
        for (const builder of this.builders.values()) await builder.forget().catch(() => undefined);
        await pause();
      }
  }

  /** Up to a whole batch, however small the store's pages are: what lies far behind the log's end is written in few transactions. */
  private async readBatch(after: number): Promise<LogPage> {
    const { store, prefix, batch = 10_000 } = this.options;
    let page = await store.readLog(after, batch, prefix);
    for (let more = page; more.events.length > 0 && page.events.length < batch;) {
      more = await store.readLog(page.position, batch - page.events.length, prefix);
      page = { events: page.events.concat(more.events), position: more.position };
    }
    return page;
  }

  /** One batch for all of `builders`; each takes what lies beyond its own checkpoint. Undefined where the log had nothing more. */
  private async step(
    builders: readonly ViewBuilder<Placed>[],
    generation: string,
    upTo = Infinity,
  ): Promise<number | undefined> {
    const { viewStore, place, projected } = this.options;
    const from = Math.min(...builders.map(({ checkpoint }) => checkpoint));
    const page = await this.readBatch(from);
    const position = Math.min(page.position, upTo);
    if (position <= from) return undefined;
    const recorded =
      page.position <= upTo ? page.events : page.events.filter((event) => event.position <= upTo);
    const placed = recorded.map((event) => ({ position: event.position, placed: place(event) }));
    const behind = builders.filter(({ checkpoint }) => checkpoint < position);
    const changes = [];
    for (const builder of behind)
      changes.push(await builder.change(placed.filter((event) => event.position > builder.checkpoint).map((event) => event.placed), position)); // prettier-ignore
    await viewStore.commit(changes, generation);
    for (const builder of behind) builder.checkpoint = position;
    if (generation === '') projected?.(placed.map((event) => event.placed), position); // prettier-ignore
    return position;
  }
}
