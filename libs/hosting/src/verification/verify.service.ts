import { Injectable } from '@nestjs/common';
import {
  audit,
  LEDGER_RECORDS,
  newAudit,
  organizationOf,
  STREAM_PREFIX,
  type Audit,
  type LedgerEvent,
} from '@tallystick/domain/ledger';
import { Admission, EventStore, LOG_START, RecordStore, type Hold } from '@tallystick/eventing';
import { toStreamEvent } from '@tallystick/services/credit-ledger';
import { Projections } from '../projections/projections';
import { LongRunningOperations } from '../operations/long-running-operations';
import { checkStreamEnds } from './stream-ends-check';
import { ChainsCheck } from './chains-check';

const PAGE = 2_000;
const MOST_NAMED = 100;

export interface Breach {
  readonly organizationId: string;
  readonly revision: number;
  readonly what: string;
}

/** A record that is not folded. Accepted, or of another program's stream, it breaks no rule. */
export type ForeignRecord = Pick<Hold, 'stream' | 'revision' | 'eventId' | 'type' | 'kind' | 'reason'> & {
  readonly isAccepted: boolean;
};

interface Verification {
  events: number;
  organizations: number;
  /** Streams of an older version whose history has no HistorySealed yet: the service seals them in the background. */
  unsealed: number;
  readonly breaches: Breach[];
  readonly foreign: ForeignRecord[];
}

/** Reads the whole log once and holds every invariant of the ledger against it, organization by organization. */
@Injectable()
export class VerificationService {
  private readonly undertakings: LongRunningOperations<Verification>;

  constructor(
    private readonly store: EventStore,
    private readonly projections: Projections,
    records: RecordStore,
  ) {
    this.undertakings = new LongRunningOperations(records, 'verify');
  }

  begin() {
    const head = this.projections.projector.position;
    const nothing = { events: 0, organizations: 0, unsealed: 0, breaches: [], foreign: [] };
    return this.undertakings.begin(head, nothing, (verification) => this.run(verification));
  }

  progress(id: string) {
    return this.undertakings.get(id);
  }

  private async run(verification: Verification & { position: number }): Promise<void> {
    const audits = new Map<string, Audit>();
    const ends = new Map<string, number>();
    const breach = (found: Breach) => {
      if (verification.breaches.length < MOST_NAMED) verification.breaches.push(found);
    };
    const name = (hold: Hold, isAccepted: boolean) => {
      const { stream, revision, eventId, type, kind, reason } = hold;
      if (verification.foreign.length < MOST_NAMED)
        verification.foreign.push({ stream, revision, eventId, type, kind, reason, isAccepted });
    };
    /** Streams of other programs. */
    const others = new Set<string>();
    const admission = new Admission<LedgerEvent>({
      store: this.store,
      ...LEDGER_RECORDS,
      onHeld: ({ kind, stream }) => kind === 'not-ours' && others.add(stream),
      onResumed: (hold) => name(hold, true),
    });
    const chains = new ChainsCheck();
    for (let after = LOG_START; ;) {
      const { events, position } = await this.store.readLog(after, PAGE, STREAM_PREFIX);
      const admitted = await admission.admit(after, events);
      admission.committed(position);
      for (const recorded of events) {
        if (others.has(recorded.stream)) continue;
        const { revision } = recorded;
        const organizationId = organizationOf(recorded.stream);
        ends.set(organizationId, revision);
        for (const what of chains.take(recorded)) breach({ organizationId, revision, what });
      }
      for (const { entityId: organizationId, revision, event } of admitted.map(toStreamEvent)) {
        const state = audits.get(organizationId) ?? newAudit();
        audits.set(organizationId, state);
        for (const what of audit(state, event, revision)) breach({ organizationId, revision, what });
      }
      verification.events += events.length;
      Object.assign(verification, { position, organizations: audits.size });
      if (position === after) break;
      after = position;
    }
    verification.unsealed = chains.unsealed;
    for (const hold of admission.holds) {
      const organizationId = organizationOf(hold.stream);
      name(hold, false);
      if (hold.kind !== 'not-ours') breach({ organizationId, revision: hold.revision, what: whyHeld(hold) });
    }
    await checkStreamEnds(this.store, ends, breach);
  }
}

const whyHeld = ({ stream, revision, eventId, type, kind, reason }: Hold): string =>
  `the record there (${type}, id ${eventId}) is not folded: ${reason}. ` +
  (kind === 'newer'
    ? 'Until then the organization is stopped.'
    : `The organization is stopped. If the record is not ours: tally ops accept-foreign ${stream} ${revision} --reason TEXT`);
