import { INTERNAL_LISTEN, remoteBilling, remoteLedger, run, storeAndBusAdapters } from '@tallystick/platform';
import { jobIntake } from '@tallystick/services/job-intake';

/** The ledger and billing run in other processes: TALLY_LEDGER_URL and TALLY_BILLING_URL name their internal listeners. */
void run({
  name: 'job-intake',
  services: [jobIntake],
  remotes: [remoteLedger, remoteBilling],
  siblings: async () => [
    (await import('@tallystick/services/credit-ledger')).creditLedger,
    (await import('@tallystick/services/billing')).billing,
  ],
  adapters: storeAndBusAdapters,
  internalListen: INTERNAL_LISTEN,
});
