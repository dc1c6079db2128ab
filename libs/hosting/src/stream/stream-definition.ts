import type { Decider, Instant, StreamEvent, Table, View } from '@tallystick/domain/kernel';
import type {
  Acceptance,
  Admitted,
  CommandHandlerOptions,
  NewEvent,
  RecordRules,
  SnapshotOptions,
  UnchainedHistory,
} from '@tallystick/eventing';

export interface StreamCommand {
  readonly type: string;
}

/** The part of an event that hosting reads. */
export interface RecordedFact {
  readonly type: string;
  readonly data: unknown;
  readonly metadata: { readonly schemaVersion: number; readonly occurredAt: Instant; readonly recordedAt: Instant };
}

/** How events are stored and read back. */
export interface StreamCodec<Event> extends RecordRules<Event> {
  /** Default: type, data and metadata as they are. */
  encode?(event: Event): Omit<NewEvent, 'id'>;
  /** The event that declares a foreign record skipped. Without it, foreign records cannot be accepted. */
  accept?(acceptance: Acceptance & { readonly reason: string }, at: Instant, actor: string): Omit<NewEvent, 'id'>;
}

/** Rows of a view that fall due: a row whose `column` is at least `delayMilliseconds` past gets the command. */
export interface DueRule<Command> {
  /** Why the command is sent, for the metric. */
  readonly reason: string;
  readonly table: Table;
  /** A column with an instant, or null. */
  readonly column: string;
  readonly delayMilliseconds?: number;
  /** The least time between two checks of this rule. Default: none. */
  readonly everyMilliseconds?: number;
  command(now: Instant): Command;
}

/** An index that decisions look into beside the state, kept up to date from the views. */
export interface StateIndex<State, Command, Fact> {
  /** `caughtUp` resolves when the views have every event that was stored before the start. */
  start(caughtUp: Promise<void>): void;
  onProjected(batch: readonly StreamEvent<Fact>[]): void;
  /** Adds to a group of commands what deciding them needs from the index; a promise only if it has to be read. */
  prepare(
    entityId: string,
    state: State,
    commands: readonly Command[],
  ): readonly Command[] | Promise<readonly Command[]>;
  /** Removes from a stored state what the index has. */
  trim(entityId: string, state: State): void;
  /** Resolves when the index has what a snapshot's state no longer has. */
  waitForIndex(entityId: string, state: State): Promise<void>;
}

export const STREAM_COLLECTIONS = [
  'checkpoints',
  'held-streams',
  'operations',
  'sealed-histories',
  'handled-dead-letters',
  'quarantined-streams',
] as const;
export type StreamCollections = Readonly<Record<(typeof STREAM_COLLECTIONS)[number], string>>;

/** Names that are older than the rule they break, and are kept. */
export interface LegacyNames {
  readonly collections: StreamCollections;
  /** Keys of the publisher's checkpoint. */
  readonly checkpoint: { readonly position: string; readonly details: string };
  readonly checks: { readonly views: string; readonly quarantine: string };
}

/** `schemaVersion`: of the published form. It is the header `schema` too. */
export interface PublishedValue {
  readonly metadata: { readonly schemaVersion: number };
}

/**
 * An event-sourced service: what it decides and shows. `StreamModule` runs it. `Fact` is an event as views and consumers get
 * it, which may be more than what is stored. Members with parameters are methods, so that any definition is a
 * `StreamDefinition<unknown>` for the mechanics.
 */
export interface StreamDefinition<
  State,
  Command extends StreamCommand,
  Event extends RecordedFact,
  Answer,
  Fact extends RecordedFact = Event,
> {
  /** Streams are named `<category>-<entityId>`. */
  readonly category: string;
  readonly decider: Decider<State, Command, Event, Answer>;
  readonly codec: StreamCodec<Event>;
  /** The first is the directory: one row per stream, with the stream's last projected `revision`. */
  readonly views: readonly View<StreamEvent<Fact>>[];
  /** Every event is published to it, in the order of the log. */
  readonly topic: string;
  readonly due?: readonly DueRule<NoInfer<Command>>[];
  /** A topic whose messages become commands. Messages of quarantined streams are parked among its dead letters. */
  readonly inbox?: string;

  /** The entity of a stream, as messages name it. Default: `stream`. */
  readonly entity?: string;
  readonly index?: StateIndex<State, Command, Fact>;
  readonly snapshots?: Pick<SnapshotOptions<State>, 'schemaVersion' | 'every' | 'save' | 'load'>;
  readonly commands?: Pick<CommandHandlerOptions<State, Command, Event, Answer>, 'taken' | 'isImmutable' | 'sizeOf'>;
  /** A record that was accepted as foreign, as views and consumers get it. */
  skipped?(admitted: Admitted<Event>): Fact;
  /** The key of the message that is published for an event. Default: the entity's id. */
  messageKey?(event: StreamEvent<Fact>): string;
  /** The value of the message that is published for an event. Default: id, stream, revision, type, data and metadata. */
  toMessage?(event: StreamEvent<Fact>, stream: string): PublishedValue;
  /** An answer's name in the metric of commands. Default: `decided`. */
  answerName?(answer: Answer): string;
  /** Checks the events of one stream independently of the decider. Returns a function that names what is wrong with each. */
  audit?(): (fact: Fact, revision: number) => readonly string[];
  /** Seals what a stream had before its first hash. Only for categories that are older than the hash chain. */
  readonly seal?: {
    readonly eventType: string;
    command(history: UnchainedHistory, now: Instant): Command;
    sealIn(event: Event): UnchainedHistory | undefined;
  };
  readonly legacy?: LegacyNames;
}

export type AnyStreamDefinition = StreamDefinition<unknown, StreamCommand, RecordedFact, unknown>;
