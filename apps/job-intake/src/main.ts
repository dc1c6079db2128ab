import { RemoteKeys, RemoteLedger } from '@tallystick/adapters/http';
import { KeyDirectory, LedgerClient } from '@tallystick/contracts';
import { atLedger, embedded, provide, run } from '@tallystick/platform';
import { JobIntakeModule } from '@tallystick/services/job-intake';

/** The ledger runs in a process of its own: TALLY_LEDGER_URL, TALLY_LEDGER_KEY. */
const ledger = provide(
  atLedger(LedgerClient, (address) => new RemoteLedger(address)),
  atLedger(KeyDirectory, (address) => new RemoteKeys(address)),
);

void run({ name: 'job-intake', modules: [ledger, JobIntakeModule], adapters: embedded });
