import {
  CREDITS_EVENTS,
  deadLettersOf,
  JOBS_DECISIONS,
  JOBS_LIFECYCLE,
  LEDGER_ROUTES,
} from '@tallystick/contracts/ledger';
import type { ServiceDefinition } from '@tallystick/hosting';
import { COLLECTIONS, CREDITS_COLLECTIONS } from './collections';
import { CreditLedgerModule } from './credit-ledger.module';
import { LEDGER_SETTINGS } from './settings';

/** Kafka's own limit, and room for the headers of a dead letter. */
const DEAD_LETTER_BYTES = 1_048_588 + 131_072;

export const creditLedger = {
  name: 'credit-ledger',
  module: CreditLedgerModule,
  categories: ['credits'],
  topics: [
    { name: JOBS_DECISIONS },
    { name: CREDITS_EVENTS },
    { name: deadLettersOf(JOBS_LIFECYCLE), maxMessageBytes: DEAD_LETTER_BYTES },
  ],
  consumes: [JOBS_LIFECYCLE],
  // Before services had groups of their own, the embedded bus and a standalone process on Kafka had these.
  formerConsumerGroups: ['tallystick', 'tallystick.standalone'],
  collections: [...Object.values(COLLECTIONS), ...Object.values(CREDITS_COLLECTIONS)],
  collectionsByClock: [COLLECTIONS.refusals],
  settings: LEDGER_SETTINGS,
  routes: LEDGER_ROUTES,
} as const satisfies ServiceDefinition;
