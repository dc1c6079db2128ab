import { INTERNAL_LISTEN, storeAndBusAdapters, RemoteLedgerModule, run } from '@tallystick/platform';
import { JobIntakeModule } from '@tallystick/services/job-intake';

/** The ledger runs in processes of its own: TALLY_LEDGER_URL (their internal listeners), TALLY_LEDGER_KEY. */
void run({
  name: 'job-intake',
  modules: [RemoteLedgerModule, JobIntakeModule],
  adapters: storeAndBusAdapters,
  internalListen: INTERNAL_LISTEN,
});
