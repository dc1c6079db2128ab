import { INTERNAL_LISTEN, remoteLedger, run, storeAndBusAdapters } from '@tallystick/platform';
import { jobIntake } from '@tallystick/services/job-intake';

/** The ledger runs in other processes: TALLY_LEDGER_URL names their internal listeners. */
void run({
  name: 'job-intake',
  services: [jobIntake],
  remotes: [remoteLedger],
  siblings: async () => [(await import('@tallystick/services/credit-ledger')).creditLedger],
  adapters: storeAndBusAdapters,
  internalListen: INTERNAL_LISTEN,
});
