import { RemoteKeys, RemoteLedger } from '@tallystick/adapters/http';
import { KeyDirectory, LedgerClient } from '@tallystick/contracts';
import { embedded, ledgerOf, provide, run } from '@tallystick/platform';
import { JobIntakeModule } from '@tallystick/services/job-intake';

/** The ledger runs in a process of its own: TALLY_LEDGER_URL, TALLY_LEDGER_KEY. */
void run({
  name: 'job-intake',
  adapters: embedded,
  modules: (configuration) => {
    const ledger = ledgerOf(configuration);
    return [
      provide(
        { provide: LedgerClient, useValue: new RemoteLedger(ledger) },
        { provide: KeyDirectory, useValue: new RemoteKeys(ledger) },
      ),
      JobIntakeModule,
    ];
  },
});
