import { Inject, Injectable, Logger } from '@nestjs/common';
import { LIMITS, POLICY, Readiness, type Limits } from '@tallystick/contracts/http';
import {
  encode,
  eventsBetweenSnapshots,
  forgetSettled,
  LEDGER_RECORDS,
  ledgerDecider,
  loadLedger,
  malformed,
  organizationOf,
  saveLedger,
  SNAPSHOT_VERSION,
  streamOf,
  type Answer,
  type Command,
  type Job,
  type Ledger,
  type LedgerEvent,
  type Policy,
} from '@tallystick/domain/ledger';
import { EventStore, CircuitBreakerStore, CommandHandler, type CommandResult } from '@tallystick/eventing';
import { LogService } from '@tallystick/hosting';
import { Quarantine } from '@tallystick/hosting';
import { isKnown, SettledJobs } from './settled-jobs';
import { commandsDecided, groupSize, stoppedOrganizations } from '@tallystick/hosting';
import { isStopped } from './unavailable';

/** Stopped organizations above which it is not these that have a fault, but we. */
const MOST_STOPPED = 100;

/** Every movement of credits goes through here: commands in, decisions out, durable before anyone is told. */
@Injectable()
export class LedgerService {
  private readonly log = new Logger(LedgerService.name);
  private readonly transactor: CommandHandler<Ledger, Command, LedgerEvent, Answer>;
  private looking: Promise<unknown> = Promise.resolve();
  private readonly store: CircuitBreakerStore;
  private readonly asked = new Map<string, Promise<boolean>>();

  constructor(
    store: EventStore,
    @Inject(POLICY) policy: Policy,
    @Inject(LIMITS) limits: Limits,
    private readonly settledJobs: SettledJobs,
    private readonly parked: Quarantine,
    private readonly identity: LogService,
    readiness: Readiness,
  ) {
    this.store = new CircuitBreakerStore(store, limits.patienceMilliseconds);
    const decider = ledgerDecider(policy);
    this.transactor = new CommandHandler({
      store: this.store,
      ...LEDGER_RECORDS,
      encode,
      decider,
      taken: decider.taken,
      prepare: (stream, ledger, commands) => this.withSettledJobs(organizationOf(stream), ledger, commands),
      isImmutable: (answer) => answer.kind !== 'refused' && 'repeated' in answer && answer.repeated !== undefined,
      sizeOf,
      snapshots: {
        schemaVersion: SNAPSHOT_VERSION,
        every: eventsBetweenSnapshots(limits.snapshotEvery),
        save: saveLedger,
        load: loadLedger,
        onDamaged: (stream, revision) =>
          this.log.warn('A snapshot is damaged; its stream is read from its beginning.', {
            stream,
            revision,
          }),
        waitForIndex: (stream, ledger) => settledJobs.waitForIndex(organizationOf(stream), ledger.forgottenUpTo),
      },
      trim: (stream, ledger) => {
        if (ledger.settled.size > 0) forgetSettled(ledger, settledJobs.indexedRevision(organizationOf(stream)));
      },
      observe: ({ commands, events }) => groupSize.observe({ of: events > 0 ? 'appended' : 'answered' }, commands),
      onQuarantined: (fault) => {
        const { stream, reason } = fault;
        this.log.error('An organization is stopped; the others go on. See docs/operating/incidents.md.', {
          err: fault,
          stream,
          ...reason,
        });
        this.parked.noteSoon(organizationOf(stream), fault);
        this.countStopped();
      },
      maxCachedStreams: limits.cachedOrganizations,
    });
    readiness.add('organizations', async () => {
      const stopped = await this.stillStopped();
      return stopped > MOST_STOPPED ? `${stopped} organizations are stopped by a fault` : undefined;
    });
  }

  async execute(organizationId: string, command: Command): Promise<CommandResult<Answer>> {
    this.identity.assertWhole();
    const outcome = await this.decided(organizationId, command);
    const { answer } = outcome;
    commandsDecided.inc({
      command: command.type,
      answer: answer.kind === 'refused' ? answer.refusal.code : answer.kind,
    });
    return asFarAsSaid(outcome);
  }

  private async decided(organizationId: string, command: Command): Promise<CommandResult<Answer>> {
    const refusal = malformed(command);
    if (!refusal) return this.trying(organizationId, () => this.transactor.execute(streamOf(organizationId), command));
    const { revision } = await this.read(organizationId, () => undefined);
    return { answer: { kind: 'refused', refusal }, revision };
  }

  /** Decided in order, stored together as far as one append holds them. */
  executeAll(organizationId: string, commands: readonly Command[]): Promise<CommandResult<Answer>[]> {
    return Promise.all(commands.map((command) => this.execute(organizationId, command)));
  }

  /** The state at the stream's end; the query must neither keep nor change it. */
  read<T>(
    organizationId: string,
    query: (ledger: Ledger) => T,
  ): Promise<{ readonly value: T; readonly revision: number }> {
    return this.trying(organizationId, () => this.transactor.read(streamOf(organizationId), query));
  }

  /** Looks at an organization of which something else has said that it cannot be folded, so that it is known to be stopped. */
  look(organizationId: string): void {
    const look = () => this.transactor.read(streamOf(organizationId), () => undefined);
    this.looking = this.looking.then(look).catch(() => undefined);
  }

  /** Lets a stopped organization try again, from what the store holds. */
  release(organizationId: string): void {
    this.transactor.release(streamOf(organizationId));
    this.countStopped();
  }

  private countStopped(): void {
    stoppedOrganizations.set(this.transactor.quarantinedStreams().length);
  }

  /** Commands under way are answered; nothing new is taken. */
  async stop(): Promise<void> {
    await this.transactor.stop();
    await this.store.close();
  }

  /** An organization that was stopped here may have been released in another process: then it gets a second try. */
  private async trying<T>(organizationId: string, attempt: () => Promise<T>): Promise<T> {
    try {
      return await attempt();
    } catch (error) {
      if (!isStopped(error) || !(await this.isReleased(organizationId))) throw error;
      return attempt();
    }
  }

  /** Asked once for all who wait at a time, so that they go on in their order. */
  private isReleased(organizationId: string): Promise<boolean> {
    const asked =
      this.asked.get(organizationId) ??
      this.letGo([organizationId])
        .then((released) => released > 0)
        .catch((error: unknown) => {
          this.log.warn(error, `Whether ${organizationId} was released cannot be read: it stays stopped.`);
          return false;
        })
        .finally(() => this.asked.delete(organizationId));
    this.asked.set(organizationId, asked);
    return asked;
  }

  private async letGo(organizationIds: readonly string[]): Promise<number> {
    const parked = await this.parked.among(organizationIds);
    const released = organizationIds.filter((id) => !parked.has(id));
    for (const id of released) this.release(id);
    return released.length;
  }

  private async stillStopped(): Promise<number> {
    const stopped = this.transactor.quarantinedStreams().map(({ stream }) => organizationOf(stream));
    return stopped.length - (stopped.length > MOST_STOPPED ? await this.letGo(stopped) : 0);
  }

  private withSettledJobs(organizationId: string, ledger: Ledger, commands: readonly Command[]) {
    const unknown = commands.flatMap((command) =>
      'jobId' in command && !isKnown(ledger, command.jobId) ? [command.jobId] : [],
    );
    if (unknown.length === 0) return commands;
    const found = this.settledJobs.lookUp(organizationId, unknown);
    return found instanceof Promise
      ? found.then((settled) => withSettled(commands, settled))
      : withSettled(commands, found);
  }
}

/** A repeated answer may tell of a later revision than this process has read: whoever waits for it must wait for that one. */
function asFarAsSaid(outcome: CommandResult<Answer>): CommandResult<Answer> {
  const said = 'repeated' in outcome.answer ? (outcome.answer.repeated?.revision ?? -1) : -1;
  return said > outcome.revision ? { answer: outcome.answer, revision: said } : outcome;
}

function withSettled(commands: readonly Command[], settled: ReadonlyMap<string, Job>): readonly Command[] {
  if (settled.size === 0) return commands;
  return commands.map((command) =>
    'jobId' in command ? { ...command, settled: settled.get(command.jobId) } : command,
  );
}

/** Bytes of an event in the store, roughly: what every event has (a hash too, as if each carried one), its draws and its files. */
function sizeOf({ data }: LedgerEvent): number {
  const draws = 'draws' in data ? data.draws.length : 0;
  const files = 'usage' in data ? (data.usage?.files?.length ?? 0) : 0;
  return 760 + 110 * draws + 40 * files;
}
