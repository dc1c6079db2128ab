import { AmbiguousAppend, EventStore, StoreUnavailable, type NewEvent, type Snapshot } from '@tallystick/eventing';
import { InMemoryEventStore, type Fault } from '@tallystick/eventing-testing';
import type { Random } from './random';
import type { ProcessLife, TurnScheduler } from './scheduler';

/** The event store of all processes, with the rules of EventStoreDB and random faults. */
export class SimulatedServer extends InMemoryEventStore {
  /** Incremented by a restart: waiting calls then get no response. */
  epoch = 0;
  isAway = false;
  isCalm = false;

  constructor(private readonly random: Random) {
    super(() => this.fault());
  }

  private fault(): Fault | undefined {
    const chance = this.random.next();
    if (this.isCalm || chance > 0.14) return undefined;
    return chance < 0.05 ? 'lost' : chance < 0.1 ? 'stored then lost' : 'stored later';
  }

  restart(): void {
    this.epoch += 1;
  }

  /** A snapshot can be damaged, of another version, or lost. The start of a chain is always saved. */
  override async saveSnapshot(stream: string, snapshot: Snapshot): Promise<void> {
    if (snapshot.state === '') return super.saveSnapshot(stream, snapshot);
    const chance = this.isCalm ? 1 : this.random.next();
    if (chance < 0.05) return;
    if (chance < 0.1) return super.saveSnapshot(stream, { ...snapshot, schemaVersion: 0 });
    const state = chance < 0.2 ? snapshot.state.replace(/\d/, '7') : snapshot.state;
    return super.saveSnapshot(stream, { ...snapshot, state });
  }
}

/** The connection of a process: requests and responses are delayed, and lost if either end fails. */
export class SimulatedConnection extends EventStore {
  constructor(
    private readonly server: EventStore & Pick<SimulatedServer, 'epoch' | 'isAway'>,
    private readonly scheduler: TurnScheduler,
    private readonly random: Random,
    private readonly life: ProcessLife,
  ) {
    super();
  }

  override async append(stream: string, expected: number, events: readonly NewEvent[]): Promise<number> {
    this.assertThere();
    const { epoch } = this.server;
    await this.scheduler.turn();
    // A request of a dead process can still arrive.
    if (this.life.isOver && this.random.chance(0.5)) return new Promise(() => undefined);
    if (this.server.epoch !== epoch) throw new AmbiguousAppend(`The connection was cut: ${stream}.`);
    try {
      return await this.server.append(stream, expected, events);
    } finally {
      await this.scheduler.turn(this.life);
      if (this.server.epoch !== epoch) throw new AmbiguousAppend(`The answer was cut off: ${stream}.`); // Whether or not it was stored.
    }
  }

  override async read(stream: string, from: number, limit: number) {
    await this.reach();
    return this.server.read(stream, from, limit);
  }

  override async loadSnapshot(stream: string) {
    await this.reach();
    return this.server.loadSnapshot(stream);
  }

  override async saveSnapshot(stream: string, snapshot: Snapshot): Promise<void> {
    await this.reach();
    return this.server.saveSnapshot(stream, snapshot);
  }

  override readLog(after: number, limit: number, prefix: string) {
    return this.server.readLog(after, limit, prefix);
  }

  override last(prefix: string) {
    return this.server.last(prefix);
  }

  override at(position: number) {
    return this.server.at(position);
  }

  override waitForEvents(position: number, signal: AbortSignal): Promise<void> {
    return this.server.waitForEvents(position, signal);
  }

  override async close(): Promise<void> {}

  private assertThere(): void {
    if (this.server.isAway) throw new StoreUnavailable('The event store is unavailable.');
  }

  private async reach(): Promise<void> {
    this.assertThere();
    const { epoch } = this.server;
    await this.scheduler.turn(this.life);
    if (this.server.epoch !== epoch) throw new StoreUnavailable('The event store restarts.');
  }
}
