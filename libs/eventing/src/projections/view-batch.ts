import type { Checkpoint } from '../log/checkpoint';
import type { ViewBuilder } from './view-builder';
import type { ViewStore } from '../ports/view-store';

/** Rows and checkpoints of those builders that do not have the batch's last event yet, in one transaction. */
export async function commitBatch<ViewEvent>(
  store: ViewStore,
  builders: readonly ViewBuilder<ViewEvent>[],
  batch: readonly { readonly position: number; readonly event: ViewEvent }[],
  checkpoint: Checkpoint,
  generation: string,
): Promise<void> {
  const behind = builders.filter(({ position }) => position < checkpoint.position);
  if (behind.length === 0) return;
  const changes = [];
  for (const builder of behind) {
    const fresh = batch.filter(({ position }) => position > builder.position);
    changes.push(
      await builder.change(
        fresh.map(({ event }) => event),
        checkpoint,
      ),
    );
  }
  await store.commit(changes, generation);
  for (const builder of behind) builder.committed(checkpoint);
}
