import { HashChain } from './chain/hash-chain';
import { NO_STREAM, RevisionGap, type NewEvent, type RecordedEvent } from './event-store';
import { noteStart, resume, snapshotOf } from './snapshots';
import { assertFollowsOn, foldStream, PAGE, UnreadableRecord } from './stream-fold';
import { StreamStopped, type LaneOptions } from './transact';

/** Groups for which the stream's end is looked at first, once another process was seen to write it. */
const LOOKS = 8;

/** The state of one stream, folded from a snapshot and what the store has after it. It may run ahead until an append is acknowledged. */
export class FoldedStream<State, Command, Event, Answer> {
  revision = NO_STREAM;
  private state: State | undefined;
  private savedRevision = NO_STREAM;
  /** Of the stream up to `revision`: dropped and read again with the state. */
  private chain: HashChain;
  private looks = 0;
  /** The last revision that the store has acknowledged: a stream that ends before it has lost events. */
  private acknowledged = NO_STREAM;
  private isTaken = false;

  constructor(
    private readonly stream: string,
    private readonly options: LaneOptions<State, Command, Event, Answer>,
  ) {
    this.chain = new HashChain(stream);
  }

  /** The state to decide on. Where others write too, looking first costs less than an append in vain and a state read anew. */
  async current(): Promise<State> {
    if (this.state === undefined) return this.load();
    if (this.looks === 0) return this.state;
    this.looks -= 1;
    return (this.state = await this.readOn(this.state));
  }

  /** A "no" may leave when the state that led to it is the stream's own end. */
  async isStillTrue(): Promise<boolean> {
    const before = this.revision;
    this.state = await this.readOn(this.state!);
    return this.revision === before;
  }

  /** The state is read again when it is needed next; `isOvertaken`: another process has written the stream. */
  drop(isOvertaken = false): void {
    this.state = undefined;
    if (isOvertaken) this.looks = LOOKS;
  }

  /** The events as they are stored: with the hash of the stream's chain. */
  async seal(events: readonly NewEvent[]): Promise<readonly NewEvent[]> {
    if (!this.options.chained) return events;
    if (this.chain.isUnbegun) await noteStart(this.options.store, this.stream, this.revision);
    return this.chain.seal(this.revision, events);
  }

  /** Sends an append; answers the revision of its last event. */
  async send(sealed: readonly NewEvent[]): Promise<number> {
    const expected = this.revision;
    const last = await this.options.store.append(this.stream, expected, sealed);
    assertFollowsOn(this.stream, expected, sealed.length, last);
    return last;
  }

  stored(sealed: readonly NewEvent[], last: number): void {
    this.acknowledged = this.revision = last;
    if (this.options.chained) this.chain.appended(sealed);
  }

  /** Both look at a state that is stored to its last event. */
  afterwards(state: State): void {
    const { snapshots, tidy, store } = this.options;
    tidy?.(this.stream, state);
    if (!snapshots || this.revision - this.savedRevision < snapshots.every(state)) return;
    // After what an older version has written, the next append covers it first.
    const { end } = this.chain;
    if (!end) return;
    this.savedRevision = this.revision;
    const { schemaVersion } = snapshots;
    const json = snapshots.save(state);
    const snapshot = snapshotOf(this.revision, schemaVersion, json, this.options.chained ? end : undefined);
    // A snapshot only saves time: the next one is due after as many events again.
    store.saveSnapshot(this.stream, snapshot).catch(() => undefined);
  }

  private async load(): Promise<State> {
    const { store, decider, snapshots } = this.options;
    const resumed = snapshots && (await resume(store, this.stream, snapshots.schemaVersion, PAGE));
    this.chain = resumed?.chain ?? new HashChain(this.stream);
    let state: State;
    let revision = NO_STREAM;
    if (resumed) {
      revision = resumed.snapshot.revision;
      state = this.judge(() => snapshots.load(resumed.snapshot.state));
      await snapshots.reached?.(this.stream, state);
    } else state = decider.initial();
    this.savedRevision = this.revision = revision;
    state = await this.readOn(state, resumed?.page).catch((error: unknown) => this.asTaken(error));
    if (this.revision < this.acknowledged)
      throw new RevisionGap(this.stream, this.revision + 1, this.acknowledged + 1);
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

  /** Whatever the stream's own logic throws is a fault of the stream: tried again, it would throw again. */
  private judge<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new StreamStopped(this.stream, error);
    }
  }
}
