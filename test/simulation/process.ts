import type { Answer, Command, Ledger, LedgerEvent } from '@tallystick/domain/ledger';
import {
  decode,
  encode,
  eventsBetweenSnapshots,
  forgetSettled,
  loadLedger,
  organizationOf,
  saveLedger,
  SNAPSHOT_VERSION,
} from '@tallystick/domain/ledger';
import { CommandHandler, type EventStore } from '@tallystick/eventing';
import type { Random } from './random';
import type { ProcessLife, TurnScheduler } from './scheduler';
import type { SettledIndex } from './settled-index';
import type { Strategy } from './strategy';

export type SimulatedTransactor = CommandHandler<Ledger, Command, LedgerEvent, Answer>;

interface Surroundings {
  readonly store: EventStore;
  readonly index: SettledIndex;
  readonly scheduler: TurnScheduler;
  readonly random: Random;
  readonly life: ProcessLife;
  readonly strategy: Strategy;
  readonly newId: () => string;
}

const isKnown = (ledger: Ledger, jobId: string): boolean =>
  ledger.jobs.has(jobId) || ledger.settled.has(jobId) || ledger.early.has(jobId);

/** The command handler of the ledger, configured like in the service, with waits and ids chosen by the seed. */
export function ledgerTransactor(around: Surroundings): SimulatedTransactor {
  const { store, index, scheduler, random, life, strategy, newId } = around;
  const reached = async (stream: string, { forgottenUpTo }: Ledger) => {
    while (index.indexedRevision(organizationOf(stream)) < forgottenUpTo) {
      await scheduler.turn(life);
      await index.catchUp(random.between(1, 20));
    }
  };
  const prepare = (stream: string, ledger: Ledger, commands: readonly Command[]) => {
    const isAsked = (command: Command) => 'jobId' in command && !isKnown(ledger, command.jobId);
    if (!commands.some(isAsked)) return commands;
    const found = index.lookUp(
      organizationOf(stream),
      commands.flatMap((command) => ('jobId' in command ? [command.jobId] : [])),
    );
    const ready = commands.map((command) =>
      isAsked(command) ? { ...command, settled: found.get((command as { jobId: string }).jobId) } : command,
    );
    return random.chance(0.5) ? ready : scheduler.turn(life).then(() => ready);
  };
  return new CommandHandler<Ledger, Command, LedgerEvent, Answer>({
    store,
    decider: strategy.decider,
    decode: (recorded) => decode(recorded),
    encode,
    prepare,
    isImmutable: strategy.stands ?? ((answer) => 'repeated' in answer && answer.repeated !== undefined),
    snapshots: {
      schemaVersion: SNAPSHOT_VERSION,
      every: random.chance(0.8) ? () => random.between(2, 12) : eventsBetweenSnapshots(20),
      save: saveLedger,
      load: loadLedger,
      waitForIndex: strategy.waitsForIndex === false ? undefined : reached,
    },
    trim: (stream, ledger) => {
      const indexed = strategy.indexed ?? ((organization) => index.indexedRevision(organization));
      if (ledger.settled.size > 0) forgetSettled(ledger, indexed(organizationOf(stream)));
    },
    // Some events are of the version before the hash chain.
    chained: random.chance(0.75),
    maxGroup: random.between(1, 20),
    maxAppendBytes: random.chance(0.3) ? 1_000 : 100_000,
    maxCachedStreams: random.between(1, 4),
    maxAttempts: 20,
    pause: () => scheduler.turn(life),
    defer: () => scheduler.turn(life),
    newId,
  });
}
