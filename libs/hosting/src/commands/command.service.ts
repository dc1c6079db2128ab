import { Inject, Injectable, Logger } from '@nestjs/common';
import { Readiness } from '@tallystick/contracts/http';
import {
  CircuitBreakerStore,
  CommandHandler,
  EventStore,
  type CommandResult,
  type SnapshotOptions,
  type StreamQuarantined,
} from '@tallystick/eventing';
import { StreamLog } from '../log/stream-log';
import { Quarantine } from '../quarantine/quarantine';
import { STREAM, Stream } from '../stream/stream';
import type { StateIndex, StreamCommand } from '../stream/stream-definition';
import { commandsDecided, groupSize, quarantinedStreams } from '../telemetry';
import { isQuarantined } from './errors';
import { CONFIGURATION } from '../settings/setting';
import type { StreamSettings } from '../settings/stream-settings';

/** With more quarantined streams than this, the fault is assumed to be in the process: it is not ready. */
const MAX_QUARANTINED = 100;

/** Decides the commands of a category: each is answered when its events are durable. */
@Injectable()
export class CommandService<State = unknown, Command extends StreamCommand = StreamCommand, Answer = unknown> {
  private readonly log = new Logger(CommandService.name);
  private readonly handler: CommandHandler<State, Command, unknown, Answer>;
  private readonly store: CircuitBreakerStore;
  private checking: Promise<unknown> = Promise.resolve();
  private readonly releaseChecks = new Map<string, Promise<boolean>>();

  constructor(
    @Inject(STREAM) private readonly stream: Stream,
    store: EventStore,
    @Inject(CONFIGURATION) limits: StreamSettings,
    private readonly quarantine: Quarantine,
    private readonly streamLog: StreamLog,
    readiness: Readiness,
  ) {
    this.store = new CircuitBreakerStore(store, limits.patienceMilliseconds);
    this.handler = this.handlerWith(limits) as unknown as CommandHandler<State, Command, unknown, Answer>;
    readiness.add(stream.checks.quarantine, async () => {
      const count = await this.countQuarantined();
      return count > MAX_QUARANTINED ? `${count} ${stream.entity}s are stopped by a fault` : undefined;
    });
  }

  /** Rejects with UnknownOutcome; or with an error of eventing where nothing was stored. */
  async execute(entityId: string, command: Command): Promise<CommandResult<Answer>> {
    this.streamLog.assertWhole();
    const result = await this.retryIfReleased(entityId, () =>
      this.handler.execute(this.stream.nameOf(entityId), command),
    );
    const answer = this.stream.definition.answerName?.(result.answer) ?? 'decided';
    commandsDecided.inc({ command: command.type, answer });
    return result;
  }

  /** The state at the stream's end; the query must neither keep nor change it. */
  read<T>(entityId: string, query: (state: State) => T): Promise<{ readonly value: T; readonly revision: number }> {
    return this.retryIfReleased(entityId, () => this.handler.read(this.stream.nameOf(entityId), query));
  }

  /** Reads a stream that something else could not fold, so that it is quarantined if its commands cannot either. */
  check(entityId: string): void {
    const read = () => this.handler.read(this.stream.nameOf(entityId), () => undefined);
    this.checking = this.checking.then(read).catch(() => undefined);
  }

  /** Lets a quarantined stream try again in this process, from what the store has. */
  release(entityId: string): void {
    this.handler.release(this.stream.nameOf(entityId));
    this.report();
  }

  /** Answers the commands that are being decided, and takes no new ones. */
  async stop(): Promise<void> {
    await this.handler.stop();
    await this.store.close();
  }

  private handlerWith(limits: StreamSettings) {
    const { codec, commands, decider, index, snapshots } = this.stream.definition;
    return new CommandHandler({
      store: this.store,
      ...codec,
      decider,
      ...commands,
      ...(index && this.indexOptions(index)),
      ...(snapshots && { snapshots: this.snapshotOptions(snapshots) }),
      observe: ({ commands: count, events }) => groupSize.observe({ of: events > 0 ? 'appended' : 'answered' }, count),
      onQuarantined: (error) => this.onQuarantined(error),
      maxCachedStreams: limits.cachedOrganizations,
    });
  }

  private indexOptions(index: StateIndex<unknown, StreamCommand, never>) {
    const { stream } = this;
    return {
      prepare: (name: string, state: unknown, commands: readonly StreamCommand[]) =>
        index.prepare(stream.entityOf(name), state, commands),
      trim: (name: string, state: unknown) => index.trim(stream.entityOf(name), state),
    };
  }

  private snapshotOptions(snapshots: Pick<SnapshotOptions<unknown>, 'schemaVersion' | 'every' | 'save' | 'load'>) {
    const { index } = this.stream.definition;
    return {
      ...snapshots,
      onDamaged: (stream: string, revision: number) =>
        this.log.warn('A snapshot is damaged; its stream is read from its beginning.', { stream, revision }),
      ...(index && {
        waitForIndex: (name: string, state: unknown) => index.waitForIndex(this.stream.entityOf(name), state),
      }),
    };
  }

  private onQuarantined(error: StreamQuarantined): void {
    const { stream, reason } = error;
    const { entity } = this.stream;
    const article = /^[aeiou]/.test(entity) ? 'An' : 'A';
    this.log.error(`${article} ${entity} is stopped; the others go on. See docs/operating.md.`, {
      err: error,
      stream,
      ...reason,
    });
    this.quarantine.addInBackground(this.stream.entityOf(stream), error);
    this.report();
  }

  private report(): void {
    quarantinedStreams.set(this.stream.definition.category, this.handler.quarantinedStreams().length);
  }

  /** Another process may have released a stream that is quarantined here: then it gets a second try. */
  private async retryIfReleased<T>(entityId: string, attempt: () => Promise<T>): Promise<T> {
    try {
      return await attempt();
    } catch (error) {
      if (!isQuarantined(error) || !(await this.isReleased(entityId))) throw error;
      return attempt();
    }
  }

  /** One read for all callers that wait, so that they go on in their order. */
  private isReleased(entityId: string): Promise<boolean> {
    const checked =
      this.releaseChecks.get(entityId) ??
      this.applyReleases([entityId])
        .then((released) => released > 0)
        .catch((error: unknown) => {
          this.log.warn(error, `Whether ${entityId} was released cannot be read: it stays stopped.`);
          return false;
        })
        .finally(() => this.releaseChecks.delete(entityId));
    this.releaseChecks.set(entityId, checked);
    return checked;
  }

  /** Releases the given streams that other processes have released; returns how many. */
  private async applyReleases(entityIds: readonly string[]): Promise<number> {
    const quarantined = await this.quarantine.filter(entityIds);
    const released = entityIds.filter((id) => !quarantined.has(id));
    for (const id of released) this.release(id);
    return released.length;
  }

  private async countQuarantined(): Promise<number> {
    const ids = this.handler.quarantinedStreams().map(({ stream }) => this.stream.entityOf(stream));
    return ids.length - (ids.length > MAX_QUARANTINED ? await this.applyReleases(ids) : 0);
  }
}
