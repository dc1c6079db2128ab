import { allAdapters, INTERNAL_LISTEN, remoteBilling, remoteLedger, run } from '@tallystick/platform';
import { billing } from '@tallystick/services/billing';

/** The ledger runs in other processes: TALLY_LEDGER_URL names their internal listeners. */
void run({
  name: 'billing',
  services: [billing],
  remotes: [remoteLedger],
  siblings: async () => [
    remoteBilling,
    (await import('@tallystick/services/credit-ledger')).creditLedger,
    (await import('@tallystick/services/job-intake')).jobIntake,
  ],
  adapters: allAdapters,
  internalListen: INTERNAL_LISTEN,
});
