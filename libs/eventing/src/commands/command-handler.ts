import type { Decider } from '@tallystick/domain/kernel';
import { type EventStore, type NewEvent } from '../ports/event-store';
import { StreamProcessor } from './stream-processor';
import type { RecordRules } from './stream-fold';
import { quarantineReason, type QuarantineReason } from './quarantine-reason';

/** What `transact` answers once the events are durable: the decision's answer, and the revision it is true at. */
export interface CommandResult<Answer> {
  readonly answer: Answer;
  /** Of the last event that the command led to; of the stream's end where it led to none. */
  readonly revision: number;
}

/** A fault stopped this stream alone: in its records, or in the logic that folds them. An operator releases it once that is repaired. */
export class StreamQuarantined extends Error {
  override readonly name = 'StreamQuarantined';

  /** What stopped it, for programs. */
  get reason(): QuarantineReason {
    return quarantineReason(this.cause);
  }

  constructor(
    readonly stream: string,
    override readonly cause: unknown,
  ) {
    super(`${stream} is stopped: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** The process is stopping, or other writers were faster at every attempt allowed. Nothing was stored for this command. */
export class CommandAborted extends Error {
  override readonly name = 'CommandAborted';
}

/**
 * The command was sent to the store, and whether it was stored is unknown. The same command again is decided on what the
 * store holds by then: where the decider tells a repetition by the command's own id, its effect happens once.
 */
export class UnknownOutcome extends Error {
  override readonly name = 'UnknownOutcome';
}

export interface SnapshotOptions<State> {
  /** Of the state's shape: a snapshot with another one is not read. */
  readonly schemaVersion: number;
  /** The events after which a state that large is worth saving again. */
  readonly every: (state: State) => number;
  readonly save: (state: State) => string;
  readonly load: (json: string) => State;
  /**
   * Resolves when what the snapshot's state has let go of can be looked up outside. Another process may have saved it,
   * with an index further on than this one's.
   */
  readonly waitForIndex?: (stream: string, state: State) => Promise<void>;
  /** A snapshot is not what was saved; the stream is read from its beginning instead. */
  readonly onDamaged?: (stream: string, revision: number) => void;
}

export interface CommandHandlerOptions<State, Command, Event, Answer> extends RecordRules<Event> {
  readonly store: EventStore;
  readonly decider: Decider<State, Command, Event, Answer>;
  /** An event as it is stored; left out, it is stored as it is. */
  readonly encode?: (event: Event) => Omit<NewEvent, 'id'>;
  /** The state of a stream that belongs to another program; without it, such a stream is stopped. */
  readonly taken?: () => State;
  /** Adds what `decide` needs from outside the state, for a whole group in one read; a promise only where it has to look. */
  readonly prepare?: (
    stream: string,
    state: State,
    commands: readonly Command[],
  ) => readonly Command[] | Promise<readonly Command[]>;
  /** Whether an answer without events is true for ever, so that the store's tail need not be looked at again. */
  readonly isImmutable?: (answer: Answer) => boolean;
  /** Roughly the bytes that an event takes in the store. */
  readonly sizeOf?: (event: Event) => number;
  readonly snapshots?: SnapshotOptions<State>;
  /** Runs on a state that is fully stored, from time to time: the place to let go of what others hold by now. */
  readonly trim?: (stream: string, state: State) => void;
  readonly observe?: (group: { stream: string; commands: number; events: number; milliseconds: number }) => void;
  readonly onQuarantined?: (stopped: StreamQuarantined) => void;
  readonly maxGroup?: number;
  readonly maxAppendBytes?: number;
  readonly maxCachedStreams?: number;
  readonly maxAttempts?: number;
  /** Milliseconds, and their jitter: replaced in simulations. */
  readonly pause?: (attempt: number) => Promise<void>;
  readonly newId?: () => string;
  /** Off, appends carry no hash, as those of versions before the hash chain: for simulations and benchmarks alone. */
  readonly chained?: boolean;
  /** A turn of the event loop before each group, so that those who come together are decided together. */
  readonly defer?: () => Promise<void>;
}

const jitteredPause = (attempt: number): Promise<void> =>
  new Promise((resume) => setTimeout(resume, Math.random() * Math.min(1_000, 2 ** attempt)));

const DEFAULTS = {
  encode: ({ type, data, metadata }: NewEvent) => ({ type, data, metadata }),
  chained: true,
  isImmutable: () => false,
  sizeOf: () => 400,
  maxGroup: 1_000,
  maxAppendBytes: 512 * 1024,
  maxCachedStreams: 10_000,
  maxAttempts: 20,
  pause: jitteredPause,
  newId: sequentialId,
  defer: nextTurn,
};

const PREFIX = crypto.randomUUID().slice(0, 24);
let sequence = 0;

/** A UUID: this process's own random part, then a count. A tenth of the price of a random one, three to a job. */
function sequentialId(): string {
  return PREFIX + (sequence++).toString(16).padStart(12, '0');
}

let turn: Promise<void> | undefined;

/** The next turn of the event loop, one promise for all lanes that wait for it. */
function nextTurn(): Promise<void> {
  return (turn ??= new Promise((resume) => {
    setImmediate(() => {
      turn = undefined;
      resume();
    });
  }));
}

export type StreamProcessorOptions<State, Command, Event, Answer> = CommandHandlerOptions<
  State,
  Command,
  Event,
  Answer
> &
  typeof DEFAULTS;

/**
 * The one loop through which every command of every stream goes: decide a group, append it at the exact revision, answer.
 * Commands of one stream wait for each other; streams run side by side, and the store commits what they append together.
 */
export class CommandHandler<State, Command, Event, Answer> {
  private readonly lanes = new Map<string, StreamProcessor<State, Command, Event, Answer>>();
  private readonly options: StreamProcessorOptions<State, Command, Event, Answer>;
  private stopping = false;

  constructor(options: CommandHandlerOptions<State, Command, Event, Answer>) {
    this.options = { ...DEFAULTS, ...options } as StreamProcessorOptions<State, Command, Event, Answer>;
  }

  /**
   * Resolves when the answer is durable. Rejects with UnknownOutcome, or with StreamQuarantined, CommandAborted, AppendRefused or StoreUnavailable:
   * then nothing was stored for this command, nor will it be.
   */
  execute(stream: string, command: Command): Promise<CommandResult<Answer>> {
    if (this.stopping) return Promise.reject(new CommandAborted('The service is stopping. Try again in a moment.'));
    return this.lane(stream).execute(command);
  }

  /** Reads the state as of the stream's end in the store; the query must not keep or change it. */
  async read<T>(stream: string, query: (state: State) => T): Promise<{ readonly value: T; readonly revision: number }> {
    return this.lane(stream).read(query);
  }

  /** Streams that a fault has stopped. */
  quarantinedStreams(): StreamQuarantined[] {
    return [...this.lanes.values()].flatMap((lane) => lane.fault ?? []);
  }

  /** Lets a stopped stream try again, from what the store holds. */
  release(stream: string): void {
    if (this.lanes.get(stream)?.fault) this.lanes.delete(stream);
  }

  /** Refuses new commands and answers those under way. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all([...this.lanes.values()].map((lane) => lane.idle()));
  }

  get cachedStreams(): number {
    return this.lanes.size;
  }

  /** The most recently used lanes are kept; an idle one at the far end makes room. */
  private lane(stream: string): StreamProcessor<State, Command, Event, Answer> {
    let lane = this.lanes.get(stream);
    if (lane) this.lanes.delete(stream);
    else {
      lane = new StreamProcessor(stream, this.options);
      if (this.lanes.size >= this.options.maxCachedStreams) this.evict();
    }
    this.lanes.set(stream, lane);
    return lane;
  }

  private evict(): void {
    for (const [stream, lane] of this.lanes) {
      if (this.lanes.size < this.options.maxCachedStreams) return;
      if (!lane.isBusy && !lane.fault) this.lanes.delete(stream);
    }
  }
}
