import { allAdapters, INTERNAL_LISTEN, remoteLedger, run } from '@tallystick/platform';
import { billing } from '@tallystick/services/billing';

/** The ledger runs in other processes: TALLY_LEDGER_URL names their internal listeners. */
void run({
  name: 'billing',
  services: [billing],
  remotes: [remoteLedger],
  adapters: allAdapters,
  internalListen: INTERNAL_LISTEN,
});
