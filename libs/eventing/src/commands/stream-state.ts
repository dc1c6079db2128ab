import { HashChain } from '../chain/hash-chain';
import { RevisionGap, UnreadableRecord } from '../errors';
import { NO_STREAM, type NewEvent, type RecordedEvent } from '../ports/event-store';
import { orQuarantine } from './command-error';
import type { StreamProcessorOptions } from './options';
import { loadSnapshot, saveChainStart, SnapshotKeeper } from './snapshots';
import { assertFollowsOn, foldStream } from './stream-fold';

/** Number of groups that re-read the stream before deciding, after another process was seen to write it. */
const FRESH_READS = 8;

/** The state of one stream: read from the store, cached, and brought forward with what this process appends. */
export class StreamState<State, Command, Event, Answer> {
  /** Of the last event read or acknowledged. */
  revision = NO_STREAM;
  private state: State | undefined;
  /** Of the stream up to `revision`. */
  private chain: HashChain;
  private freshReads = 0;
  /** The last revision that the store has acknowledged. A stream that ends before it has lost events. */
  private acknowledged = NO_STREAM;
  private isTaken = false;
  private readonly snapshots: SnapshotKeeper<State>;

  constructor(
    readonly stream: string,
    private readonly options: StreamProcessorOptions<State, Command, Event, Answer>,
  ) {
    this.chain = new HashChain(stream);
    this.snapshots = new SnapshotKeeper(stream, options);
  }

  /** The state to decide on. Where other processes write too, reading first costs less than an append in vain and a full read. */
  async current(): Promise<State> {
    if (this.state === undefined) return this.load();
    if (this.freshReads === 0) return this.state;
    this.freshReads -= 1;
    return (this.state = await this.catchUp(this.state));
  }

  /** Reads the end of the stream. Returns whether the state was already complete. */
  async isComplete(): Promise<boolean> {
    const before = this.revision;
    this.state = await this.catchUp(this.state!);
    return this.revision === before;
  }

  /** The state is ahead of the store, or the store has an error: the next use reads the stream again. */
  drop(): void {
    this.state = undefined;
  }

  /** Another process has written the stream. */
  readFresh(): void {
    this.freshReads = FRESH_READS;
  }

  /** The events as they are stored: with the hash of the stream's chain. */
  async seal(events: readonly NewEvent[]): Promise<readonly NewEvent[]> {
    const { store, chained } = this.options;
    if (!chained) return events;
    if (this.chain.isUnstarted) await saveChainStart(store, this.stream, this.revision);
    return this.chain.seal(this.revision, events);
  }

  /** The store has acknowledged the events, the last one at `revision`. */
  appended(sealed: readonly NewEvent[], revision: number): void {
    assertFollowsOn(this.stream, this.revision, sealed.length, revision);
    this.acknowledged = this.revision = revision;
    if (this.options.chained) this.chain.appended(sealed);
  }

  /** The state is stored to its last event: it can be trimmed and saved. */
  stored(state: State): void {
    orQuarantine(this.stream, () => {
      this.options.trim?.(this.stream, state);
      this.snapshots.saveIfDue(state, this.revision, this.chain);
    });
  }

  private async load(): Promise<State> {
    const { store, decider, snapshots } = this.options;
    const resumed = snapshots && (await loadSnapshot(store, this.stream, snapshots));
    this.chain = resumed?.chain ?? new HashChain(this.stream);
    let state: State;
    if (resumed) {
      state = orQuarantine(this.stream, () => snapshots.load(resumed.snapshot.state));
      await snapshots.waitForIndex?.(this.stream, state);
    } else state = decider.initial();
    this.snapshots.savedRevision = this.revision = resumed?.snapshot.revision ?? NO_STREAM;
    state = await this.catchUp(state, resumed?.page).catch((error: unknown) => this.asTaken(error));
    if (this.revision < this.acknowledged) throw new RevisionGap(this.stream, this.revision + 1, this.acknowledged + 1);
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

  /** The state with the events that the store has after it. `first` is their first page, if it was read already. */
  private async catchUp(state: State, first?: readonly RecordedEvent[]): Promise<State> {
    if (this.isTaken) return state;
    const { store, decider, decode, acceptanceIn } = this.options;
    const { stream, revision: after } = this;
    const rules = { decode: (record: RecordedEvent) => orQuarantine(stream, () => decode(record)), acceptanceIn };
    let folded = state;
    const fold = (event: Event | undefined, record: RecordedEvent) => {
      if (event !== undefined) folded = orQuarantine(stream, () => decider.evolve(folded, event, record.revision));
      this.chain.take(record);
    };
    this.revision = await foldStream({ store, stream, rules, after, first, fold });
    if (this.revision > after && this.state !== undefined) this.readFresh();
    return folded;
  }
}
