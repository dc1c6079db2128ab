import { Inject, Injectable } from '@nestjs/common';
import {
  Admission,
  EventStore,
  LOG_START,
  RecordStore,
  type Admitted,
  type Hold,
  type RecordedEvent,
} from '@tallystick/eventing';
import { SystemClock } from '@tallystick/runtime';
import { LongRunningOperations } from '../operations/long-running-operations';
import { Projections } from '../projections/projections';
import { STREAM, Stream } from '../stream/stream';
import type { RecordedFact } from '../stream/stream-definition';
import { ChainsCheck } from './chains-check';
import { checkStreamEnds, type StreamBreach } from './stream-ends-check';

const PAGE = 2_000;
const MAX_LISTED = 100;

/** A record that is not folded. Accepted, or in a stream of another program, it is no breach. */
export type UnfoldedRecord = Pick<Hold, 'stream' | 'revision' | 'eventId' | 'type' | 'kind' | 'reason'> & {
  readonly isAccepted: boolean;
};

export interface Verification {
  events: number;
  streams: number;
  /** Streams of an older version whose history has no seal yet: it is sealed in the background. */
  unsealed: number;
  readonly breaches: StreamBreach[];
  readonly foreign: UnfoldedRecord[];
}

/** Reads the whole log once and checks it: hash chains, every invariant of the audit, and the ends of the streams. */
@Injectable()
export class VerificationService {
  private readonly operations: LongRunningOperations<Verification>;

  constructor(
    @Inject(STREAM) private readonly stream: Stream,
    private readonly store: EventStore,
    private readonly projections: Projections,
    records: RecordStore,
    clock: SystemClock,
  ) {
    const collection = stream.collections.operations;
    this.operations = new LongRunningOperations({ records, collection, kind: 'verify', clock });
  }

  start() {
    const head = this.projections.projector.position;
    const nothing = { events: 0, streams: 0, unsealed: 0, breaches: [], foreign: [] };
    return this.operations.start(head, nothing, (verification) =>
      new VerificationRun(this.stream, this.store, verification).run(),
    );
  }

  get(id: string) {
    return this.operations.get(id);
  }
}

class VerificationRun {
  private readonly audits = new Map<string, (fact: RecordedFact, revision: number) => readonly string[]>();
  /** The last revision of each stream. */
  private readonly ends = new Map<string, number>();
  /** Streams of other programs. */
  private readonly others = new Set<string>();
  private readonly chains: ChainsCheck;

  constructor(
    private readonly stream: Stream,
    private readonly store: EventStore,
    private readonly verification: Verification & { position: number },
  ) {
    this.chains = new ChainsCheck(stream.definition);
  }

  async run(): Promise<void> {
    const { store, stream, verification } = this;
    const admission = new Admission<RecordedFact>({
      store,
      ...stream.definition.codec,
      onHeld: (hold) => hold.kind === 'not-ours' && this.others.add(hold.stream),
      onResumed: (hold) => this.list(hold, true),
    });
    for (let after = LOG_START; ;) {
      const { events, position } = await store.readLog(after, PAGE, stream.prefix);
      const admitted = await admission.admit(after, events);
      admission.committed(position);
      for (const recorded of events) this.checkChain(recorded);
      for (const one of admitted) this.audit(one);
      verification.events += events.length;
      Object.assign(verification, { position, streams: this.audits.size });
      if (position === after) break;
      after = position;
    }
    verification.unsealed = this.chains.unsealed;
    for (const hold of admission.holds) {
      this.list(hold, false);
      if (hold.kind !== 'not-ours') this.breach(stream.entityOf(hold.stream), hold.revision, this.whyHeld(hold));
    }
    await checkStreamEnds(store, stream, this.ends, (found) => this.add(found));
  }

  private checkChain(recorded: RecordedEvent): void {
    if (this.others.has(recorded.stream)) return;
    const entityId = this.stream.entityOf(recorded.stream);
    this.ends.set(entityId, recorded.revision);
    for (const what of this.chains.take(recorded)) this.breach(entityId, recorded.revision, what);
  }

  private audit(admitted: Admitted<RecordedFact>): void {
    const { entityId, revision, event } = this.stream.toStreamEvent(admitted);
    const audit = this.audits.get(entityId) ?? this.stream.definition.audit?.() ?? (() => []);
    this.audits.set(entityId, audit);
    for (const what of audit(event, revision)) this.breach(entityId, revision, what);
  }

  private breach(entityId: string, revision: number, what: string): void {
    this.add({ entityId, revision, what });
  }

  private add(breach: StreamBreach): void {
    if (this.verification.breaches.length < MAX_LISTED) this.verification.breaches.push(breach);
  }

  private list({ stream, revision, eventId, type, kind, reason }: Hold, isAccepted: boolean): void {
    if (this.verification.foreign.length < MAX_LISTED)
      this.verification.foreign.push({ stream, revision, eventId, type, kind, reason, isAccepted });
  }

  private whyHeld({ stream, revision, eventId, type, kind, reason }: Hold): string {
    const { entity } = this.stream;
    return (
      `the record there (${type}, id ${eventId}) is not folded: ${reason}. ` +
      (kind === 'newer'
        ? `Until then the ${entity} is stopped.`
        : `The ${entity} is stopped. If the record is not ours: tally ops accept-foreign ${stream} ${revision} --reason TEXT`)
    );
  }
}
