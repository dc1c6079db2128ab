import { AmbiguousAppend, type NewEvent } from '@tallystick/eventing';
import type { Ledger } from '@tallystick/domain/ledger';
import { SimulatedServer } from './server';
import { SOUND, type Strategy } from './strategy';

/** Appends at any revision and detects repetitions by a cache of ids only, like `any` in EventStoreDB. */
class AnyRevision extends SimulatedServer {
  private seen = new Set<string>();

  override async append(stream: string, _expected: number, events: readonly NewEvent[]): Promise<number> {
    if (events.every(({ id }) => this.seen.has(id))) return this.head(stream);
    const revision = await super.append(stream, this.head(stream), events);
    for (const { id } of events) this.seen.add(id);
    return revision;
  }

  override restart(): void {
    super.restart();
    this.seen = new Set();
  }
}

/** Treats an ambiguous append as stored. */
class Hopeful extends SimulatedServer {
  override async append(stream: string, expected: number, events: readonly NewEvent[]): Promise<number> {
    try {
      return await super.append(stream, expected, events);
    } catch (error) {
      if (error instanceof AmbiguousAppend) return expected + events.length;
      throw error;
    }
  }
}

/** Changes events without changing amounts, so that only the hash chain detects it. */
class Editing extends SimulatedServer {
  override append(stream: string, expected: number, events: readonly NewEvent[]): Promise<number> {
    const [first, ...others] = events;
    const edited = first && { ...first, metadata: { ...(first.metadata as object), actor: 'someone else' } };
    return super.append(stream, expected, edited && this.head(stream) > 5 ? [edited, ...others] : events);
  }
}

const forgetful = (ledger: Ledger): Ledger => ({ ...ledger, jobs: new Map(), settled: new Map() });

/** Strategies that each omit one requirement of the rules. */
export const MUTANTS: Readonly<Record<string, Strategy>> = {
  'a submission does not check whether the job is known': {
    ...SOUND,
    decider: {
      ...SOUND.decider,
      decide: (command, ledger) =>
        command.type === 'SubmitJob'
          ? SOUND.decider.decide({ ...command, settled: undefined }, forgetful(ledger))
          : SOUND.decider.decide(command, ledger),
    },
  },
  'an append does not check the revision of the stream': {
    ...SOUND,
    server: (random) => new AnyRevision(random),
  },
  'an append without a response is treated as stored': { ...SOUND, server: (random) => new Hopeful(random) },
  'an event is changed on its way into the store': { ...SOUND, server: (random) => new Editing(random) },
  'settled jobs are removed before the index contains them': { ...SOUND, indexed: () => Infinity },
  'a snapshot is used before the index contains the jobs that it omits': { ...SOUND, waitsForIndex: false },
  'a refusal from a cached state is not checked against newer events': { ...SOUND, stands: () => true },
  'due events are not applied first': { ...SOUND, decider: { ...SOUND.decider, due: () => [] } },
};
