import { announced, unknownOutcome } from './announced';
import { Doubt } from './doubt';
import { AppendRefused, StoreUnavailable, type NewEvent } from './event-store';
import { FoldedStream } from './folded-stream';
import { isOfTheStream } from './stop-reason';
import { assertReadable } from './stream-fold';
import { NotDecided, StreamStopped, type LaneOptions, type Outcome } from './transact';

type Waiting<State, Command, Answer> = {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
} & (
  | { readonly command: Command; readonly resolve: (outcome: Outcome<Answer>) => void }
  | {
      readonly query: (state: State) => unknown;
      readonly resolve: (read: { value: unknown; revision: number }) => void;
    }
);

/** One stream's commands, decided in groups on the stream's state, each group stored by one append. */
export class Lane<State, Command, Event, Answer> {
  fault: StreamStopped | undefined;
  private waiting: Waiting<State, Command, Answer>[] = [];
  private running: Promise<void> | undefined;
  private readonly folded: FoldedStream<State, Command, Event, Answer>;
  private readonly doubt = new Doubt<Waiting<State, Command, Answer>>();

  constructor(
    private readonly stream: string,
    private readonly options: LaneOptions<State, Command, Event, Answer>,
  ) {
    this.folded = new FoldedStream(stream, options);
  }

  execute(command: Command): Promise<Outcome<Answer>> {
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
      if (attempt > this.options.maxAttempts)
        throw new NotDecided(
          `${this.stream} changed under every one of ${attempt} attempts. Try again in a moment.`,
        );
      if (attempt > 0) await this.options.pause(attempt);
      const started = performance.now();
      const state = await this.folded.current();
      const prepared = this.prepare(state, left.slice(0, most));
      const ready = prepared instanceof Promise ? await prepared : prepared;
      const decided = this.judge(() => this.decide(state, ready));
      const count = decided.answers.length;
      try {
        if (!(await this.store(decided, left))) {
          attempt += 1;
          continue;
        }
      } catch (error) {
        // What the store does not take together it may take in parts: only a single command is refused for good.
        if (!(error instanceof AppendRefused) || count === 0) throw error;
        this.folded.drop();
        if (count === 1) this.reject(left.slice(0, 1), error);
        left = count === 1 ? left.slice(1) : left;
        most = count === 1 ? left.length : Math.ceil(count / 2);
        continue;
      }
      decided.answers.forEach((answer, i) => left[i]!.resolve(answer as never));
      this.options.observe?.({ stream: this.stream, commands: count, events: decided.events.length, milliseconds: performance.now() - started }); // prettier-ignore
      left = left.slice(count);
      most = left.length;
      this.judge(() => this.folded.afterwards(state));
    }
  }

  /** Whether the answers may leave: their events are stored, or they are true without any. */
  private store(
    { events, answers, moving, isFinal }: ReturnType<typeof this.decide>,
    items: readonly Waiting<State, Command, Answer>[],
  ): Promise<boolean> | boolean {
    if (events.length > 0) return this.append(events, moving.map((at) => items[at]!)); // prettier-ignore
    // An answer without events settles nothing: an earlier append of the same command may still be stored after it.
    if (this.doubt.isOpen(items.slice(0, answers.length), this.folded.revision))
      throw new StoreUnavailable(`An append to ${this.stream} has no known outcome.`);
    return isFinal || this.folded.isStillTrue();
  }

  /** Whatever the stream's own logic throws is a fault of the stream: tried again, it would throw again. */
  private judge<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new StreamStopped(this.stream, error);
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

  /** As many items as one append may hold. The state runs ahead of the store until the append is acknowledged. */
  private decide(state: State, items: readonly Waiting<State, Command, Answer>[]) {
    const { decider, encode, sizeOf, newId, maxAppendBytes, stands } = this.options;
    const { stream } = this;
    const base = this.folded.revision;
    const events: NewEvent[] = [];
    const answers: { revision: number }[] = [];
    /** The items that have events of their own in the append. */
    const moving: number[] = [];
    let bytes = 0;
    let isFinal = true;
    const add = (decided: readonly Event[]) => {
      for (const event of decided) {
        const revision = base + events.length + 1;
        const added = { id: newId(), ...encode(event) };
        assertReadable(this.options, { stream, revision }, added);
        decider.evolve(state, event, revision);
        events.push(added);
        bytes += sizeOf(event);
      }
      return decided.length > 0;
    };
    const isFull = () => bytes >= maxAppendBytes;
    for (const item of items) {
      if ('query' in item) {
        isFinal = false;
        answers.push({ value: item.query(state), revision: base + events.length } as { revision: number });
        continue;
      }
      while (!isFull() && add(decider.due(item.command, state)));
      if (isFull()) break;
      const { answer, moved } = this.decideOne(state, item.command, add);
      if (moved) moving.push(answers.length);
      isFinal &&= moved || stands(answer);
      answers.push({ answer, revision: base + events.length } as Outcome<Answer>);
    }
    return { events, answers, moving, isFinal };
  }

  private decideOne(state: State, command: Command, add: (events: readonly Event[]) => boolean) {
    const first = this.options.decider.decide(command, state);
    let moved = add(first.events);
    for (let then = first.then; then !== undefined;) {
      const next = this.options.decider.decide(then, state);
      moved = add(next.events) || moved;
      then = next.then;
    }
    return { answer: first.answer, moved };
  }

  /** False where the group has to be decided again on what the stream holds by then. */
  private async append(
    events: readonly NewEvent[],
    moving: readonly Waiting<State, Command, Answer>[],
  ): Promise<boolean> {
    const { folded } = this;
    const sealed = await folded.seal(events);
    const sent = await this.doubt.settling(() => folded.send(sealed), moving, folded.revision);
    if (typeof sent === 'number') folded.stored(sealed, sent);
    else folded.drop(sent === 'wrong revision');
    return typeof sent === 'number';
  }

  /** The store being away is no fault of the stream, nor is anything else outside it: it may be there again at the next try. */
  private fail(group: readonly Waiting<State, Command, Answer>[], thrown: unknown): void {
    const error = isOfTheStream(thrown) ? new StreamStopped(this.stream, thrown) : thrown;
    this.folded.drop();
    if (error instanceof StreamStopped) {
      this.fault = error;
      this.options.stopped?.(error);
    }
    this.reject(group, error);
    this.doubt.clear();
    if (this.fault) for (const item of this.waiting.splice(0)) item.reject(this.fault);
  }

  private reject(items: readonly Waiting<State, Command, Answer>[], error: unknown): void {
    for (const item of items)
      item.reject((this.doubt.has(item) ? unknownOutcome : announced)(this.stream, error));
  }
}
