import type { Admission, Admitted } from '../log/admission';
import type { EventStore } from '../ports/event-store';
import type { View } from '@tallystick/domain/kernel';
import type { ViewStore } from '../ports/view-store';

export interface ProjectorOptions<ViewEvent, Event = unknown> {
  readonly store: EventStore;
  readonly viewStore: ViewStore;
  readonly views: readonly View<ViewEvent>[];
  readonly prefix: string;
  /** Which records are folded: `served` keeps its holds, for the views that are served; a copy begins at the log's start. */
  readonly admission: (of: 'served' | 'copy') => Admission<Event>;
  readonly toStreamEvent: (admitted: Admitted<Event>) => ViewEvent;
  /** The epoch of the log, for the checkpoints. */
  readonly log?: () => string;
  /** Events a transaction. */
  readonly batch?: number;
  /** While it is true nothing is written, and another process may lead. */
  readonly isPaused?: () => boolean;
  /** Rows of each view kept in memory. */
  readonly cachedRows?: number;
  /** Called, in the order of the log, with what has been committed since the start, whichever process did it. */
  readonly onProjected?: (placed: readonly ViewEvent[], position: number) => void;
  /** A batch failed and is tried again after a pause. */
  readonly onFailed?: (error: unknown) => void;
  /** Before a failed batch is tried again. */
  readonly pause?: () => Promise<void>;
}

export interface ViewProgress {
  readonly name: string;
  readonly checkpoint: number;
  /** How far the copy that is to replace the view has come. */
  readonly rebuilding?: number;
}
