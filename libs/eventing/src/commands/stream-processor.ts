import { systemClock } from '@tallystick/runtime';
import {
  AppendRefused,
  CommandAborted,
  isStreamError,
  StoreUnavailable,
  StoreUnwritable,
  StreamQuarantined,
} from '../errors';
import { commandError, orQuarantine } from './command-error';
import type { CommandResult } from './command-handler';
import { decideGroup, type GroupDecision, type Item } from './decide-group';
import type { StreamProcessorOptions } from './options';
import { StreamState } from './stream-state';
import { UnresolvedAppends } from './unresolved-appends';

type QueuedItem<State, Command> = Item<State, Command> & {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
};

/** Processes the commands and queries of one stream in groups: each group is decided on the state and stored by one append. */
export class StreamProcessor<State, Command, Event, Answer> {
  quarantine: StreamQuarantined | undefined;
  private queue: QueuedItem<State, Command>[] = [];
  private running: Promise<void> | undefined;
  private readonly state: StreamState<State, Command, Event, Answer>;
  private readonly unresolved = new UnresolvedAppends<QueuedItem<State, Command>>();

  constructor(
    readonly stream: string,
    private readonly options: StreamProcessorOptions<State, Command, Event, Answer>,
  ) {
    this.state = new StreamState(stream, options);
  }

  execute(command: Command): Promise<CommandResult<Answer>> {
    return new Promise((resolve, reject) => this.enqueue({ command, resolve, reject }));
  }

  read<T>(query: (state: State) => T): Promise<{ value: T; revision: number }> {
    return new Promise((resolve, reject) => this.enqueue({ query, resolve, reject }));
  }

  get isBusy(): boolean {
    return this.running !== undefined;
  }

  async idle(): Promise<void> {
    await this.running;
  }

  private enqueue(item: QueuedItem<State, Command>): void {
    if (this.quarantine) return item.reject(this.quarantine);
    this.queue.push(item);
    this.running ??= this.run();
  }

  private async run(): Promise<void> {
    do {
      await this.options.defer();
      const group = this.queue.splice(0, this.options.maxGroup);
      try {
        await this.process(group);
        this.unresolved.clear();
      } catch (error) {
        this.fail(group, error);
      }
    } while (this.queue.length > 0);
    this.running = undefined;
  }

  private async process(group: readonly QueuedItem<State, Command>[]): Promise<void> {
    const { maxAttempts, pause, observe } = this.options;
    let items = group;
    let limit = group.length;
    let attempts = 0;
    while (items.length > 0) {
      if (attempts >= maxAttempts)
        throw new CommandAborted(`${this.stream} changed during each of ${attempts} attempts. Try again in a moment.`);
      if (attempts > 0) await pause(attempts);
      const started = systemClock.monotonic();
      const state = await this.state.current();
      const prepared = this.prepare(state, items.slice(0, limit));
      const ready = prepared instanceof Promise ? await prepared : prepared;
      const decision = orQuarantine(this.stream, () => decideGroup(this.options, this.state, state, ready));
      const count = decision.results.length;
      const outcome = await this.store(decision, items);
      if (outcome === 'conflict') attempts += 1;
      else if (outcome === 'stored') {
        decision.results.forEach((result, i) => items[i]!.resolve(result as never));
        const milliseconds = systemClock.monotonic() - started;
        observe?.({ stream: this.stream, commands: count, events: decision.events.length, milliseconds });
        items = items.slice(count);
        limit = items.length;
        this.state.stored(state);
      } else if (count > 1) limit = Math.ceil(count / 2);
      else {
        this.reject(items.slice(0, 1), outcome);
        items = items.slice(1);
        limit = items.length;
      }
    }
  }

  /** The items with what their commands need from outside. */
  private prepare(state: State, items: readonly Item<State, Command>[]) {
    if (!this.options.prepare) return items;
    const commands = items.flatMap((item) => ('command' in item ? [item.command] : []));
    const withCommands = (ready: readonly Command[]) => {
      if (ready === commands) return items;
      let next = 0;
      return items.map((item) => ('command' in item ? { command: ready[next++]! } : item));
    };
    const prepared = this.options.prepare(this.stream, state, commands);
    return prepared instanceof Promise ? prepared.then(withCommands) : withCommands(prepared);
  }

  /**
   * Stores the events of a decision, or checks that its results are current where it has none. After a conflict the items have to
   * be decided again. An append that the store refuses may be accepted in parts: only a single command is refused for good.
   */
  private async store(
    decision: GroupDecision<Answer>,
    items: readonly QueuedItem<State, Command>[],
  ): Promise<'stored' | 'conflict' | AppendRefused> {
    const { events, results, needsNoCheck } = decision;
    if (events.length > 0) return this.append(decision, items);
    // Results without events resolve nothing: an earlier append of the same command can still be stored after them.
    if (this.unresolved.isOpen(items.slice(0, results.length), this.state.revision))
      throw new StoreUnavailable(`An append to ${this.stream} has no known outcome.`);
    return needsNoCheck || (await this.state.isComplete()) ? 'stored' : 'conflict';
  }

  private async append(
    { events, results, appending }: GroupDecision<Answer>,
    items: readonly QueuedItem<State, Command>[],
  ): Promise<'stored' | 'conflict' | AppendRefused> {
    const { store } = this.options;
    const { revision } = this.state;
    const appendingItems = appending.map((at) => items[at]!);
    try {
      const sealed = await this.state.seal(events);
      const send = () => store.append(this.stream, revision, sealed);
      const sent = await this.unresolved.send(send, appendingItems, revision);
      if (typeof sent === 'number') {
        this.state.appended(sealed, sent);
        return 'stored';
      }
      this.state.drop();
      if (sent === 'wrong revision') this.state.readFresh();
      return 'conflict';
    } catch (error) {
      if (!(error instanceof AppendRefused) || results.length === 0) throw error;
      this.state.drop();
      return error;
    }
  }

  /** An error of the store, or of anything else outside the stream, does not quarantine it: the next command tries again. */
  private fail(group: readonly QueuedItem<State, Command>[], thrown: unknown): void {
    const error = isStreamError(thrown) ? new StreamQuarantined(this.stream, thrown) : thrown;
    this.state.drop();
    if (error instanceof StreamQuarantined) {
      this.quarantine = error;
      this.options.onQuarantined?.(error);
    }
    // A store with a full disk can be read: queries are answered without the commands of their group.
    const isReadable = error instanceof StoreUnwritable;
    const [queries, others] = isReadable ? partition(group) : [[], group];
    this.reject(others, error);
    this.queue.unshift(...queries);
    this.unresolved.clear();
    if (this.quarantine) for (const item of this.queue.splice(0)) item.reject(this.quarantine);
  }

  private reject(items: readonly QueuedItem<State, Command>[], error: unknown): void {
    for (const item of items) item.reject(commandError(this.stream, error, this.unresolved.has(item)));
  }
}

/** Queries first, then commands. */
function partition<It extends object>(group: readonly It[]): [It[], It[]] {
  const isCommand = (item: It): boolean => 'command' in item;
  return [group.filter((item) => !isCommand(item)), group.filter(isCommand)];
}
