import type { Decider } from '@tallystick/domain/kernel';
import type { StreamQuarantined } from '../errors';
import type { EventStore, NewEvent } from '../ports/event-store';
import type { RecordRules } from './stream-fold';

export interface SnapshotOptions<State> {
  /** The version of the state's shape. A snapshot with another version is not read. */
  readonly schemaVersion: number;
  /** The number of events after which a state of this size is saved again. */
  readonly every: (state: State) => number;
  readonly save: (state: State) => string;
  readonly load: (json: string) => State;
  /**
   * Resolves when everything that was trimmed from the snapshot's state can be looked up outside. The snapshot may come from
   * another process, whose index is further ahead.
   */
  readonly waitForIndex?: (stream: string, state: State) => Promise<void>;
  /** A snapshot is damaged. The stream is read from its beginning instead. */
  readonly onDamaged?: (stream: string, revision: number) => void;
}

export interface ProcessedGroup {
  readonly stream: string;
  readonly commands: number;
  readonly events: number;
  readonly milliseconds: number;
}

export interface CommandHandlerOptions<State, Command, Event, Answer> extends RecordRules<Event> {
  readonly store: EventStore;
  readonly decider: Decider<State, Command, Event, Answer>;
  /** The stored form of an event. By default the event itself. */
  readonly encode?: (event: Event) => Omit<NewEvent, 'id'>;
  /** The state of a stream that belongs to another program. Without it, such a stream is quarantined. */
  readonly taken?: () => State;
  /** Adds to a group of commands what `decide` needs from outside the state. Returns a promise only if it has to be looked up. */
  readonly prepare?: (
    stream: string,
    state: State,
    commands: readonly Command[],
  ) => readonly Command[] | Promise<readonly Command[]>;
  /** True if later events cannot change this answer, so that it is returned without reading the end of the stream again. */
  readonly isImmutable?: (answer: Answer) => boolean;
  /** The approximate size of an event in the store, in bytes. */
  readonly sizeOf?: (event: Event) => number;
  readonly snapshots?: SnapshotOptions<State>;
  /** Called after each group with a state that is stored completely. Removes what the index already stores. */
  readonly trim?: (stream: string, state: State) => void;
  /** Called for each group whose answers were returned. */
  readonly observe?: (group: ProcessedGroup) => void;
  readonly onQuarantined?: (error: StreamQuarantined) => void;
  readonly maxGroup?: number;
  readonly maxAppendBytes?: number;
  readonly maxCachedStreams?: number;
  readonly maxAttempts?: number;
  /** The pause before the second and each further attempt, 1 for the second. */
  readonly pause?: (attempt: number) => Promise<void>;
  readonly newId?: () => string;
  /** False for appends without hashes, as versions before the hash chain wrote them: only for simulations and benchmarks. */
  readonly chained?: boolean;
  /** Runs before each group is taken: commands that arrive until then join it. One turn of the event loop by default. */
  readonly defer?: () => Promise<void>;
}

/** The options with their defaults. */
export type StreamProcessorOptions<State, Command, Event, Answer> = CommandHandlerOptions<
  State,
  Command,
  Event,
  Answer
> &
  typeof DEFAULTS;

const MAX_PAUSE_MILLISECONDS = 1_000;

/** Up to 2 ms before the second attempt, twice as long before each one after it, up to a second. */
const conflictPause = (attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(MAX_PAUSE_MILLISECONDS, 2 ** attempt)));

const PROCESS = crypto.randomUUID().slice(0, 24);
let created = 0;

/** A UUID of a random part for the process and a count: ten times faster than a random one. */
const sequentialId = (): string => PROCESS + (created++).toString(16).padStart(12, '0');

let turn: Promise<void> | undefined;

/** The next turn of the event loop. All streams that wait for it share one promise. */
const nextTurn = (): Promise<void> =>
  (turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined;
      resolve();
    });
  }));

export const DEFAULTS = {
  encode: ({ type, data, metadata }: NewEvent) => ({ type, data, metadata }),
  chained: true,
  isImmutable: () => false,
  sizeOf: () => 400,
  maxGroup: 1_000,
  maxAppendBytes: 512 * 1024,
  maxCachedStreams: 10_000,
  maxAttempts: 20,
  pause: conflictPause,
  newId: sequentialId,
  defer: nextTurn,
};
