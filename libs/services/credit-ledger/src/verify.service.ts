import { Injectable } from '@nestjs/common';
import { audit, newAudit, STREAM_PREFIX, type Audit } from '@tallystick/domain/ledger';
import { EventStore, LOG_START, RecordStore } from '@tallystick/eventing';
import { placeOf, Projections } from './projections';
import { Undertakings } from './undertakings';
import { ChainsCheck } from './verify-chains';

const PAGE = 2_000;
const MOST_BREACHES = 100;

export interface Breach {
  readonly organizationId: string;
  readonly revision: number;
  readonly what: string;
}

interface Verification {
  events: number;
  organizations: number;
  /** Streams of an older version whose history has no HistorySealed yet: the service seals them in the background. */
  unsealed: number;
  readonly breaches: Breach[];
}

/** Reads the whole log once and holds every invariant of the ledger against it, organization by organization. */
@Injectable()
export class VerifyService {
  private readonly undertakings: Undertakings<Verification>;

  constructor(
    private readonly store: EventStore,
    private readonly projections: Projections,
    records: RecordStore,
  ) {
    this.undertakings = new Undertakings(records, 'verify');
  }

  begin() {
    const head = this.projections.projector.position;
    return this.undertakings.begin(
      head,
      { events: 0, organizations: 0, unsealed: 0, breaches: [] },
      (verification) => this.run(verification),
    );
  }

  progress(id: string) {
    return this.undertakings.get(id);
  }

  private async run(verification: Verification & { position: number }): Promise<void> {
    const audits = new Map<string, Audit>();
    const chains = new ChainsCheck();
    for (let after = LOG_START; ;) {
      const { events, position } = await this.store.readLog(after, PAGE, STREAM_PREFIX);
      for (const recorded of events) {
        const { organizationId, revision, event } = placeOf(recorded);
        const state = audits.get(organizationId) ?? newAudit();
        audits.set(organizationId, state);
        for (const what of [...chains.take(recorded), ...audit(state, event, revision)])
          if (verification.breaches.length < MOST_BREACHES)
            verification.breaches.push({ organizationId, revision, what });
      }
      verification.events += events.length;
      Object.assign(verification, { position, organizations: audits.size, unsealed: chains.unsealed });
      if (position === after) return;
      after = position;
    }
  }
}
