import {
  decode,
  encode,
  eventsBetweenSnapshots,
  forgetSettled,
  ledgerDecider,
  loadLedger,
  organizationOf,
  saveLedger,
  SNAPSHOT_VERSION,
  type Answer,
  type Command,
  type Ledger,
  type LedgerEvent,
  type Policy,
} from '@tallystick/domain/ledger';
import { CommandHandler, type EventStore } from '@tallystick/eventing';

export const SNAPSHOT_EVERY = 1_000;
export type BenchmarkTransactor = CommandHandler<Ledger, Command, LedgerEvent, Answer>;

/** Configured like in the service. Settled jobs up to `indexedRevision` are removed from the state. */
export function ledgerTransactor(
  store: EventStore,
  policy: Policy,
  indexedRevision: (organizationId: string) => number,
  cachedOrganizations = 10_000,
  chained = true,
): BenchmarkTransactor {
  return new CommandHandler({
    store,
    decider: ledgerDecider(policy),
    decode: (recorded) => decode(recorded),
    encode,
    isImmutable: (answer) => answer.kind !== 'refused' && 'repeated' in answer && answer.repeated !== undefined,
    sizeOf: ({ data }) => 760 + ('draws' in data ? 110 * data.draws.length : 0),
    snapshots: {
      schemaVersion: SNAPSHOT_VERSION,
      every: eventsBetweenSnapshots(SNAPSHOT_EVERY),
      save: saveLedger,
      load: loadLedger,
    },
    trim: (stream, ledger) => {
      if (ledger.settled.size > 0) forgetSettled(ledger, indexedRevision(organizationOf(stream)));
    },
    maxCachedStreams: cachedOrganizations,
    chained,
  });
}

/** An index without delay: the ledger without its views. */
export const AT_ONCE = (): number => Number.MAX_SAFE_INTEGER;
