import { CREDITS_EVENTS, JOBS_LIFECYCLE } from '@tallystick/contracts/ledger';
import { decodeMetadata, DAY, type StoredMetadata } from '@tallystick/domain/kernel';
import {
  audit,
  BALANCES,
  encode,
  eventsBetweenSnapshots,
  JOBS,
  LEDGER_RECORDS,
  LEDGER_VIEWS,
  ledgerDecider,
  loadLedger,
  newAudit,
  saveLedger,
  schemaVersionOf,
  SNAPSHOT_VERSION,
  type Answer,
  type Command,
  type Ledger,
  type LedgerEvent,
  type Policy,
  type SkippedEvent,
} from '@tallystick/domain/ledger';
import type { Admitted } from '@tallystick/eventing';
import type { DueRule, LegacyNames, StreamCodec, StreamDefinition } from '@tallystick/hosting';
import { CREDITS_COLLECTIONS } from '../collections';
import { toCreditsMessage } from '../published-events';
import type { SettledJobs } from './settled-jobs';
import type { LedgerSettings } from '../settings';

const HOUR = 3_600_000;
export const CREDITS = 'credits';

const LEGACY: LegacyNames = {
  collections: CREDITS_COLLECTIONS,
  checkpoint: { position: 'publisher', details: 'publisher-log' },
  checks: { views: 'views', quarantine: 'organizations' },
};

const codec: StreamCodec<LedgerEvent> = {
  ...LEDGER_RECORDS,
  encode,
  accept: (data, at, actor) => ({
    type: 'ForeignEventAccepted',
    data,
    metadata: { schemaVersion: schemaVersionOf('ForeignEventAccepted', data), occurredAt: at, recordedAt: at, actor },
  }),
};

/** The streams of organizations: what `StreamModule` runs for the ledger. */
export function creditsStream(
  policy: Policy,
  limits: LedgerSettings,
  settledJobs: SettledJobs,
): StreamDefinition<Ledger, Command, LedgerEvent, Answer, LedgerEvent | SkippedEvent> {
  const decider = ledgerDecider(policy);
  return {
    category: CREDITS,
    entity: 'organization',
    decider,
    codec,
    views: LEDGER_VIEWS,
    topic: CREDITS_EVENTS,
    inbox: JOBS_LIFECYCLE,
    due: dueRules(policy),
    index: settledJobs,
    snapshots: {
      schemaVersion: SNAPSHOT_VERSION,
      every: eventsBetweenSnapshots(limits.snapshotEvery),
      save: saveLedger,
      load: loadLedger,
    },
    commands: {
      taken: decider.taken,
      isImmutable: (answer) => answer.kind !== 'refused' && 'repeated' in answer && answer.repeated !== undefined,
      sizeOf,
    },
    skipped,
    toMessage: toCreditsMessage,
    answerName: (answer) => (answer.kind === 'refused' ? answer.refusal.code : answer.kind),
    audit: () => {
      const state = newAudit();
      return (fact, revision) => audit(state, fact, revision);
    },
    seal: {
      eventType: 'HistorySealed',
      command: (history, now) => ({ type: 'SealHistory', now, ...history }),
      sealIn: (event) => (event.type === 'HistorySealed' ? event.data : undefined),
    },
    legacy: LEGACY,
  };
}

const dueRules = ({ jobWindowDays }: Policy): readonly DueRule<Command>[] => [
  { reason: 'time-out', table: JOBS, column: 'dueAt', command: (now) => ({ type: 'Tick', now }) },
  { reason: 'expiry', table: BALANCES, column: 'dueAt', command: (now) => ({ type: 'Tick', now }) },
  {
    reason: 'window',
    table: JOBS,
    column: 'endedAt',
    // A day more than the window, so that it is closed daily and not with every job that leaves it.
    delayMilliseconds: (jobWindowDays + 1) * DAY,
    everyMilliseconds: HOUR,
    command: (now) => ({ type: 'CloseJobWindow', now }),
  },
];

/** Approximate bytes of an event in the store: its fixed part (with a hash, as if each had one), its draws and its files. */
function sizeOf({ data }: LedgerEvent): number {
  const draws = 'draws' in data ? data.draws.length : 0;
  const files = 'usage' in data ? (data.usage?.files?.length ?? 0) : 0;
  return 760 + 110 * draws + 40 * files;
}

function skipped({ recorded, acceptance }: Admitted<LedgerEvent>): SkippedEvent {
  const { revision, metadata } = acceptance!;
  const data = { eventId: recorded.id, acceptedAt: revision };
  return { type: 'ForeignEventSkipped', data, metadata: decodeMetadata(metadata as StoredMetadata) };
}
