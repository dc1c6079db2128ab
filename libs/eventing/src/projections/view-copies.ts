import type { Admission } from '../log/admission';
import type { LogReader } from '../log/log-reader';
import { LOG_START } from '../ports/event-store';
import type { Lease, Table } from '../ports/view-store';
import type { ProjectorOptions } from './projector-options';
import { ViewGeneration } from './view-generation';

const NEXT = 'next';
/** Passes that a copy catches up in while the served views continue. They are paused for the last one. */
const CATCH_UP_PASSES = 5;

type OnProgress = (position: number) => void;
/** Runs work while no process writes the served views, with the position that all of them have. */
type WhilePaused = (work: (position: number) => Promise<void>) => Promise<void>;

/** Builds copies of views beside the served ones: to replace one of them, or to compare all of them. */
export class ViewCopies<ViewEvent, Event> {
  private readonly rebuilds = new Map<string, number>();

  constructor(
    private readonly options: ProjectorOptions<ViewEvent, Event>,
    private readonly log: LogReader,
    private readonly served: ViewGeneration<ViewEvent, Event>,
    private readonly whilePaused: WhilePaused,
    private readonly signal: AbortSignal,
  ) {}

  /** The position of the copy of a view that is being rebuilt. */
  rebuilding(view: string): number | undefined {
    return this.rebuilds.get(view);
  }

  /** Builds the view again as a copy, then puts the copy in place of the served one. */
  async rebuild(name: string): Promise<void> {
    const { viewStore, views } = this.options;
    const view = views.find(({ table }) => table.name === name);
    if (!view || this.rebuilds.has(name)) return;
    const { admission } = this.served;
    if (await admission.mayGoOn())
      throw new Error('A stream that was held continues at its next event. Rebuild the view after that.');
    this.rebuilds.set(name, LOG_START);
    let lease: Lease | undefined;
    try {
      lease = await this.acquireLease([view.table], NEXT);
      await viewStore.drop(view.table, NEXT);
      const copy = this.generation(NEXT);
      await copy.open([view]);
      const onProgress = (position: number) => void this.rebuilds.set(name, position);
      await this.catchUp(copy, Infinity, onProgress);
      await this.whilePaused(async (position) => {
        await this.catchUp(copy, position, onProgress);
        if (copy.position < position) return;
        await viewStore.promote(view.table, NEXT, this.served.checkpoints().get(name)!.position);
        await this.served.reopen(view);
      });
    } finally {
      this.rebuilds.delete(name);
      await lease?.release();
    }
  }

  /** Builds a copy of every view, up to the position of the served ones. `compare` runs while both are paused. */
  async compare(generation: string, onProgress: OnProgress, compare: OnCompare): Promise<void> {
    const { viewStore, views } = this.options;
    const tables = views.map(({ table }) => table);
    const drop = () => Promise.all(tables.map((table) => viewStore.drop(table, generation)));
    const lease = await this.acquireLease(tables, generation);
    try {
      await drop();
      const copies = this.generation(generation);
      await copies.open(views);
      // Never past the served views: an event that they do not have yet would look like a difference.
      for (let pass = 0; pass < CATCH_UP_PASSES; pass++) await this.catchUp(copies, this.served.position, onProgress);
      await this.whilePaused(async (position) => {
        await this.catchUp(copies, position, onProgress);
        await compare(position);
      });
    } finally {
      await drop().finally(() => lease.release());
    }
  }

  private generation(name: string): ViewGeneration<ViewEvent, Event> {
    const admission: Admission<Event> = this.options.admission('copy');
    return new ViewGeneration(this.options, this.log, admission, name);
  }

  /** The lease of a copy, so that two processes do not overwrite each other's. */
  private async acquireLease(tables: readonly Table[], generation: string): Promise<Lease> {
    const lease = await this.options.viewStore.acquireLease(tables, { generation, signal: this.signal });
    if (lease) return lease;
    throw new Error('Another process is building such a copy of the views. Try again when it has finished.');
  }

  private async catchUp(copy: ViewGeneration<ViewEvent, Event>, upTo: number, onProgress: OnProgress): Promise<void> {
    while (!this.signal.aborted && copy.position < upTo) {
      const projected = await copy.project(upTo);
      if (!projected) return;
      onProgress(projected.position);
    }
  }
}

type OnCompare = (position: number) => Promise<void>;
