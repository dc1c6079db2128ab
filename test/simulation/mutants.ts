import { AmbiguousAppend, type NewEvent } from '@tallystick/eventing';
import type { Ledger } from '@tallystick/domain/ledger';
import { SimulatedServer } from './server';
import { SOUND, type Strategy } from './strategy';

/** Appends wherever the stream ends; only a cache of ids, lost on restart, tells a repetition: `any` in EventStoreDB. */
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

/** Takes silence for success. */
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

/** Leaves every amount right, so that only the chain of hashes tells. */
class Editing extends SimulatedServer {
  override append(stream: string, expected: number, events: readonly NewEvent[]): Promise<number> {
    const [first, ...others] = events;
    const edited = first && { ...first, metadata: { ...(first.metadata as object), actor: 'someone else' } };
    return super.append(stream, expected, edited && this.head(stream) > 5 ? [edited, ...others] : events);
  }
}

const forgetful = (ledger: Ledger): Ledger => ({ ...ledger, jobs: new Map(), settled: new Map() });

/** Each leaves out one thing that the law asks for. */
export const MUTANTS: Readonly<Record<string, Strategy>> = {
  'a submission does not look whether the job is known': {
    ...SOUND,
    decider: {
      ...SOUND.decider,
      decide: (command, ledger) =>
        command.type === 'SubmitJob'
          ? SOUND.decider.decide({ ...command, settled: undefined }, forgetful(ledger))
          : SOUND.decider.decide(command, ledger),
    },
  },
  'an append goes to whatever revision the stream is at': {
    ...SOUND,
    server: (random) => new AnyRevision(random),
  },
  'an append without an answer is taken for stored': { ...SOUND, server: (random) => new Hopeful(random) },
  'an event is changed on its way into the store': { ...SOUND, server: (random) => new Editing(random) },
  'settled jobs are forgotten before the index has them': { ...SOUND, indexed: () => Infinity },
  'a snapshot is used before the index has what it left out': { ...SOUND, waitsForIndex: false },
  'a refusal from a cached state is not held against the tail': { ...SOUND, stands: () => true },
  'what is due is not applied first': { ...SOUND, decider: { ...SOUND.decider, due: () => [] } },
};
