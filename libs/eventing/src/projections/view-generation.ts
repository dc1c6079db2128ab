import type { View } from '@tallystick/domain/kernel';
import type { Admission } from '../log/admission';
import { type Checkpoint, checkpointAt } from '../log/checkpoint';
import type { LogReader } from '../log/log-reader';
import type { ProjectorOptions } from './projector-options';
import { ViewBuilder } from './view-builder';

/** The generation that queries read. */
export const SERVED = '';

export interface Projected<ViewEvent> {
  readonly events: readonly ViewEvent[];
  /** The position up to which the log was read. */
  readonly position: number;
}

type BatchEvent<ViewEvent> = { readonly position: number; readonly event: ViewEvent };

/** One generation of some views. A batch of events changes all of them in one transaction. */
export class ViewGeneration<ViewEvent, Event> {
  private readonly builders = new Map<string, ViewBuilder<ViewEvent>>();

  constructor(
    private readonly options: ProjectorOptions<ViewEvent, Event>,
    private readonly log: LogReader,
    readonly admission: Admission<Event>,
    readonly name: string,
  ) {}

  async open(views: readonly View<ViewEvent>[]): Promise<void> {
    const { viewStore } = this.options;
    const tables = views.map(({ table }) => table);
    await viewStore.open(tables, this.name);
    // One after the other: lists of views keep this order.
    for (const view of views) await this.reopen(view);
  }

  /** Continues with the view as it is stored now. */
  async reopen(view: View<ViewEvent>): Promise<void> {
    const { viewStore, cachedRows } = this.options;
    const checkpoint = await viewStore.checkpoint(view.table, this.name);
    this.builders.set(view.table.name, new ViewBuilder(view, viewStore, this.name, checkpoint, cachedRows));
  }

  /** The position that every view has reached. */
  get position(): number {
    return Math.min(...[...this.builders.values()].map(({ position }) => position));
  }

  checkpoints(): ReadonlyMap<string, Checkpoint> {
    return new Map([...this.builders].map(([view, { checkpoint }]) => [view, checkpoint]));
  }

  /** Another process has committed the views up to `position`. */
  advanceTo(position: number): void {
    for (const builder of this.builders.values()) builder.advanceTo(position);
  }

  /** After a failed commit, or when another process may have written: drops the cached rows and reads the checkpoints. */
  async reload(): Promise<void> {
    await Promise.all([...this.builders.values()].map((builder) => builder.reload()));
  }

  /** Projects the next batch, up to `upTo` at most. Undefined if the log has no more events. */
  async project(upTo = Infinity): Promise<Projected<ViewEvent> | undefined> {
    const { log: epoch, toStreamEvent } = this.options;
    const from = this.position;
    const { events, position } = await this.log.read(from, upTo);
    if (position <= from) return undefined;
    const admitted = await this.admission.admit(from, events);
    const batch = admitted.map((record) => ({ position: record.position, event: toStreamEvent(record) }));
    const last = events[events.length - 1];
    if (last) await this.commit(batch, checkpointAt(epoch?.(), last));
    for (const builder of this.builders.values()) builder.position = Math.max(builder.position, position);
    this.admission.committed(position);
    return { events: batch.map(({ event }) => event), position };
  }

  /** Views that already have the last event of the batch are left out. */
  private async commit(batch: readonly BatchEvent<ViewEvent>[], checkpoint: Checkpoint): Promise<void> {
    const behind = [...this.builders.values()].filter(({ position }) => position < checkpoint.position);
    if (behind.length === 0) return;
    const changes = [];
    for (const builder of behind) {
      const missing = batch.filter(({ position }) => position > builder.position).map(({ event }) => event);
      changes.push(await builder.change(missing, checkpoint));
    }
    await this.options.viewStore.commit(changes, this.name);
    for (const builder of behind) builder.committed(checkpoint);
  }
}
