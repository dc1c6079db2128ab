import { collectionsOf, type StreamCollections } from '@tallystick/hosting';

const NAMES = ['organizations', 'projects', 'keys', 'key-holders', 'refusals'] as const;

/** The record collections of credit-ledger. They are older than the rule `<owner>.<name>`, and keep their names. */
export const COLLECTIONS = collectionsOf('credit-ledger', NAMES, {
  organizations: 'organizations',
  projects: 'projects',
  keys: 'keys',
  'key-holders': 'key-holders',
  refusals: 'refusals',
});

/** The record collections of its streams. */
export const CREDITS_COLLECTIONS: StreamCollections = {
  checkpoints: 'checkpoints',
  'held-streams': 'held-streams',
  operations: 'undertakings',
  'sealed-histories': 'sealed-histories',
  'handled-dead-letters': 'handled-dead-letters',
  'quarantined-streams': 'parked-organizations',
};
