import type { View } from '@tallystick/domain/kernel';
import type { BackoffOptions } from '@tallystick/runtime';
import type { Admission, Admitted } from '../log/admission';
import type { BatchDelay } from '../log/batch-delay';
import type { EventStore } from '../ports/event-store';
import type { ViewStore } from '../ports/view-store';

export interface ProjectorOptions<ViewEvent, Event = unknown> {
  readonly store: EventStore;
  readonly viewStore: ViewStore;
  readonly views: readonly View<ViewEvent>[];
  /** Of the streams that are projected. */
  readonly prefix: string;
  /** Which records are folded. Served views keep their holds; a copy starts at the beginning of the log. */
  readonly admission: (of: 'served' | 'copy') => Admission<Event>;
  readonly toStreamEvent: (admitted: Admitted<Event>) => ViewEvent;
  /** The epoch of the log, for the checkpoints. */
  readonly log?: () => string;
  /** The maximum number of events in a transaction. */
  readonly batch?: number;
  /** The leader's delay before it reads new events. */
  readonly delay?: BatchDelay;
  /** While it returns true, nothing is written, and another process can lead. */
  readonly isPaused?: () => boolean;
  /** Rows of each view that are cached. */
  readonly cachedRows?: number;
  /** Called in the order of the log with the events that were committed since the start, by any process. */
  readonly onProjected?: (events: readonly ViewEvent[], position: number) => void;
  /** A batch failed and is retried after a pause. `isRepeated`: the failure before it had the same message. */
  readonly onFailed?: (error: Error, isRepeated: boolean) => void;
  /** The pauses before a failed batch is retried. One second by default. */
  readonly retry?: BackoffOptions;
}

export interface ViewProgress {
  readonly name: string;
  readonly checkpoint: number;
  /** The position of the copy that is to replace the view. */
  readonly rebuilding?: number;
}
