import { CommandAborted, type StreamQuarantined } from '../errors';
import { type CommandHandlerOptions, DEFAULTS, type StreamProcessorOptions } from './options';
import { StreamProcessor } from './stream-processor';

/** The result of a command, once its events are durable. */
export interface CommandResult<Answer> {
  readonly answer: Answer;
  /** The revision of the command's last event; of the stream's end if the command led to no event. */
  readonly revision: number;
}

/**
 * Handles the commands of all streams: decides a group of commands, appends the events at the exact revision, returns the results.
 * Commands of one stream run in order; streams run in parallel, and the store commits their appends together.
 */
export class CommandHandler<State, Command, Event, Answer> {
  /** In the order of their last use. */
  private readonly processors = new Map<string, StreamProcessor<State, Command, Event, Answer>>();
  private readonly options: StreamProcessorOptions<State, Command, Event, Answer>;
  private isStopping = false;

  constructor(options: CommandHandlerOptions<State, Command, Event, Answer>) {
    this.options = { ...DEFAULTS, ...options } as StreamProcessorOptions<State, Command, Event, Answer>;
  }

  /**
   * Resolves when the result is durable. Rejects with UnknownOutcome if it is unknown whether the command was stored; with
   * StreamQuarantined, CommandAborted, AppendRefused or StoreUnavailable if nothing was stored, now or later.
   */
  execute(stream: string, command: Command): Promise<CommandResult<Answer>> {
    if (this.isStopping) return Promise.reject(new CommandAborted('The service is stopping. Try again in a moment.'));
    return this.processor(stream).execute(command);
  }

  /** Reads the state at the end of the stream in the store. The query must neither keep nor change it. */
  async read<T>(stream: string, query: (state: State) => T): Promise<{ readonly value: T; readonly revision: number }> {
    return this.processor(stream).read(query);
  }

  quarantinedStreams(): StreamQuarantined[] {
    return [...this.processors.values()].flatMap(({ quarantine }) => quarantine ?? []);
  }

  /** Ends the quarantine of a stream: its next command is decided on what the store has. */
  release(stream: string): void {
    if (this.processors.get(stream)?.quarantine) this.processors.delete(stream);
  }

  /** Refuses new commands and waits until those under way are answered. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all([...this.processors.values()].map((processor) => processor.idle()));
  }

  get cachedStreams(): number {
    return this.processors.size;
  }

  private processor(stream: string): StreamProcessor<State, Command, Event, Answer> {
    let processor = this.processors.get(stream);
    if (processor) this.processors.delete(stream);
    else {
      processor = new StreamProcessor(stream, this.options);
      if (this.processors.size >= this.options.maxCachedStreams) this.evict();
    }
    this.processors.set(stream, processor);
    return processor;
  }

  /** Removes idle streams, those first that were not used for the longest time. */
  private evict(): void {
    for (const [stream, processor] of this.processors) {
      if (this.processors.size < this.options.maxCachedStreams) return;
      if (!processor.isBusy && !processor.quarantine) this.processors.delete(stream);
    }
  }
}
