import { HashChain } from '../chain/hash-chain';
import { announced, unknownOutcome } from './announced';
import { decide, type GroupDecision, type Item } from './decide-group';
import { UnresolvedAppends } from './unresolved-appends';
import {
  AppendRefused,
  NO_STREAM,
  RevisionGap,
  StoreUnavailable,
  StoreUnwritable,
  type NewEvent,
  type RecordedEvent,
} from '../ports/event-store';
import { noteStart, resume, SnapshotKeeper } from './snapshots';
import { isStreamError } from './quarantine-reason';
import { assertFollowsOn, foldStream, UnreadableRecord } from './stream-fold';
import { CommandAborted, StreamQuarantined, type StreamProcessorOptions, type CommandResult } from './command-handler';

/** Groups for which the stream's end is looked at first, once another process was seen to write it. */
const LOOKS = 8;

type Waiting<State, Command, Answer> = Item<State, Command> & {
  readonly resolve: (answer: CommandResult<Answer> & { readonly value: never }) => void;
  readonly reject: (error: unknown) => void;
};

/** One stream's commands, decided in groups on the stream's state, each group stored by one append. */
export class StreamProcessor<State, Command, Event, Answer> {
  fault: StreamQuarantined | undefined;
  private waiting: Waiting<State, Command, Answer>[] = [];
  private running: Promise<void> | undefined;
  private state: State | undefined;
  /** Of the last event read or acknowledged. */
  revision = NO_STREAM;
  private readonly keeper: SnapshotKeeper<State>;
  /** Of the stream up to `revision`: dropped and read again with the state. */
  private chain: HashChain;
  private looks = 0;
  /** The last revision that the store has acknowledged: a stream that ends before it has lost events. */
  private acknowledged = NO_STREAM;
  private isTaken = false;
  private readonly doubt = new UnresolvedAppends<Waiting<State, Command, Answer>>();

  constructor(
    readonly stream: string,
    private readonly options: StreamProcessorOptions<State, Command, Event, Answer>,
  ) {
    this.chain = new HashChain(stream);
    this.keeper = new SnapshotKeeper(stream, options);
  }

  execute(command: Command): Promise<CommandResult<Answer>> {
    return new Promise((resolve, reject) => this.enqueue({ command, resolve, reject }));
  }

  read<T>(query: (state: State) => T): Promise<{ value: T; revision: number }> {
    return new Promise((resolve, reject) => this.enqueue({ query, resolve: resolve as never, reject }));
  }

  get isBusy(): boolean {
    return this.running !== undefined;
  }

  async idle(): Promise<void> {
    await this.running;
  }

  private enqueue(item: Waiting<State, Command, Answer>): void {
    if (this.fault) return item.reject(this.fault);
    this.waiting.push(item);
    this.running ??= this.run();
  }

  private async run(): Promise<void> {
    do {
      await this.options.defer();
      const group = this.waiting.splice(0, this.options.maxGroup);
      try {
        await this.settle(group);
        this.doubt.clear();
      } catch (error) {
        this.fail(group, error);
      }
    } while (this.waiting.length > 0);
    this.running = undefined;
  }

  private async settle(group: readonly Waiting<State, Command, Answer>[]): Promise<void> {
    let left = group;
    let most = group.length;
    for (let attempt = 0; left.length > 0;) {
      if (attempt >= this.options.maxAttempts)
        throw new CommandAborted(
          `${this.stream} changed under every one of ${attempt} attempts. Try again in a moment.`,
        );
      if (attempt > 0) await this.options.pause(attempt);
      const started = performance.now();
      const state = await this.current();
      const prepared = this.prepare(state, left.slice(0, most));
      const ready = prepared instanceof Promise ? await prepared : prepared;
      const decided = this.judge(() => decide(this.options, this, state, ready));
      const count = decided.answers.length;
      try {
        if (!(await this.store(decided, left))) {
          attempt += 1;
          continue;
        }
      } catch (error) {
        // What the store does not take together it may take in parts: only a single command is refused for good.
        if (!(error instanceof AppendRefused) || count === 0) throw error;
        this.state = undefined;
        if (count === 1) this.reject(left.slice(0, 1), error);
        left = count === 1 ? left.slice(1) : left;
        most = count === 1 ? left.length : Math.ceil(count / 2);
        continue;
      }
      decided.answers.forEach((answer, i) => left[i]!.resolve(answer as never));
      this.options.observe?.({
        stream: this.stream,
        commands: count,
        events: decided.events.length,
        milliseconds: performance.now() - started,
      });
      left = left.slice(count);
      most = left.length;
      this.judge(() => this.afterwards(state));
    }
  }

  /** Whether the answers may leave: their events are stored, or they are true without any. */
  private store(
    { events, answers, moving, isFinal }: GroupDecision,
    items: readonly Waiting<State, Command, Answer>[],
  ): Promise<boolean> | boolean {
    if (events.length > 0)
      return this.append(
        events,
        moving.map((at) => items[at]!),
      );
    // An answer without events settles nothing: an earlier append of the same command may still be stored after it.
    if (this.doubt.isOpen(items.slice(0, answers.length), this.revision))
      throw new StoreUnavailable(`An append to ${this.stream} has no known outcome.`);
    return isFinal || this.isStillTrue();
  }

  /** Whatever the stream's own logic throws is a fault of the stream: tried again, it would throw again. */
  private judge<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new StreamQuarantined(this.stream, error);
    }
  }

  /** The items with what deciding them needs from outside; a promise only where that has to be looked up. */
  private prepare(state: State, items: readonly Waiting<State, Command, Answer>[]) {
    if (!this.options.prepare) return items;
    const commands: Command[] = [];
    for (const item of items) if ('command' in item) commands.push(item.command);
    const prepared = this.options.prepare(this.stream, state, commands);
    const withCommands = (ready: readonly Command[]) => {
      if (ready === commands) return items;
      let next = 0;
      return items.map((item) => ('command' in item ? { ...item, command: ready[next++]! } : item));
    };
    return prepared instanceof Promise ? prepared.then(withCommands) : withCommands(prepared);
  }

  /** A "no" may leave when the state that led to it is the stream's own end. */
  private async isStillTrue(): Promise<boolean> {
    const before = this.revision;
    this.state = await this.readOn(this.state!);
    return this.revision === before;
  }

  /** False where the group has to be decided again on what the stream holds by then. */
  private async append(
    events: readonly NewEvent[],
    moving: readonly Waiting<State, Command, Answer>[],
  ): Promise<boolean> {
    const { stream, revision: expected } = this;
    const sealed = await this.seal(events);
    const send = () => this.options.store.append(stream, expected, sealed);
    const sent = await this.doubt.settling(send, moving, expected);
    if (typeof sent === 'number') {
      assertFollowsOn(stream, expected, events.length, sent);
      this.acknowledged = this.revision = sent;
      if (this.options.chained) this.chain.appended(sealed);
      return true;
    }
    this.state = undefined;
    if (sent === 'wrong revision') this.looks = LOOKS;
    return false;
  }

  /** The events as they are stored: with the hash of the stream's chain. */
  private async seal(events: readonly NewEvent[]): Promise<readonly NewEvent[]> {
    if (!this.options.chained) return events;
    if (this.chain.isUnstarted) await noteStart(this.options.store, this.stream, this.revision);
    return this.chain.seal(this.revision, events);
  }

  /** The state to decide on. Where others write too, looking first costs less than an append in vain and a state read anew. */
  private async current(): Promise<State> {
    if (this.state === undefined) return this.load();
    if (this.looks === 0) return this.state;
    this.looks -= 1;
    return (this.state = await this.readOn(this.state));
  }

  private async load(): Promise<State> {
    const { store, decider, snapshots } = this.options;
    const resumed = snapshots && (await resume(store, this.stream, snapshots));
    this.chain = resumed?.chain ?? new HashChain(this.stream);
    let state: State;
    let revision = NO_STREAM;
    if (resumed) {
      revision = resumed.snapshot.revision;
      state = this.judge(() => snapshots.load(resumed.snapshot.state));
      await snapshots.waitForIndex?.(this.stream, state);
    } else state = decider.initial();
    this.keeper.savedRevision = this.revision = revision;
    state = await this.readOn(state, resumed?.page).catch((error: unknown) => this.asTaken(error));
    if (this.revision < this.acknowledged) throw new RevisionGap(this.stream, this.revision + 1, this.acknowledged + 1);
    return (this.state = state);
  }

  /** A stream that belongs to another program is not read any further. */
  private asTaken(error: unknown): State {
    const { taken } = this.options;
    if (!taken || !(error instanceof UnreadableRecord) || error.why.kind !== 'not-ours') throw error;
    this.isTaken = true;
    this.revision = 0;
    return taken();
  }

  /** The state with what the store has after it; the first page of that may have been read already. */
  private async readOn(state: State, first?: readonly RecordedEvent[]): Promise<State> {
    if (this.isTaken) return state;
    const { store, decider, decode, acceptanceIn } = this.options;
    const { stream, revision: after } = this;
    const rules = { decode: (recorded: RecordedEvent) => this.judge(() => decode(recorded)), acceptanceIn };
    let folded = state;
    const fold = (event: Event | undefined, recorded: RecordedEvent) => {
      if (event !== undefined) folded = this.judge(() => decider.evolve(folded, event, recorded.revision));
      this.chain.take(recorded);
    };
    this.revision = await foldStream({ store, stream, rules, after, first, fold });
    if (this.revision > after && this.state !== undefined) this.looks = LOOKS;
    return folded;
  }

  /** Both look at a state that is stored to its last event. */
  private afterwards(state: State): void {
    this.options.trim?.(this.stream, state);
    this.keeper.keep(state, this.revision, this.chain);
  }

  /** The store being away is no fault of the stream, nor is anything else outside it: it may be there again at the next try. */
  private fail(group: readonly Waiting<State, Command, Answer>[], thrown: unknown): void {
    const error = isStreamError(thrown) ? new StreamQuarantined(this.stream, thrown) : thrown;
    this.state = undefined;
    if (error instanceof StreamQuarantined) {
      this.fault = error;
      this.options.onQuarantined?.(error);
    }
    // A disk that is full can be read: what only reads is answered without the commands that came with it.
    const isReadable = error instanceof StoreUnwritable;
    const [reads, others] = isReadable ? parted(group) : [[], group];
    this.reject(others, error);
    this.waiting.unshift(...reads);
    this.doubt.clear();
    if (this.fault) for (const item of this.waiting.splice(0)) item.reject(this.fault);
  }

  private reject(items: readonly Waiting<State, Command, Answer>[], error: unknown): void {
    for (const item of items) item.reject((this.doubt.has(item) ? unknownOutcome : announced)(this.stream, error));
  }
}

/** Queries first, then commands. */
function parted<It extends object>(group: readonly It[]): [It[], It[]] {
  const isCommand = (item: It): boolean => 'command' in item;
  return [group.filter((item) => !isCommand(item)), group.filter(isCommand)];
}
