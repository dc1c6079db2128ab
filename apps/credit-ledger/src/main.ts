import { allAdapters, INTERNAL_LISTEN, printOperatorKey, run } from '@tallystick/platform';
import { CreditLedgerModule } from '@tallystick/services/credit-ledger';

/** Our other services call its internal listener. */
void run(
  {
    name: 'credit-ledger',
    modules: [CreditLedgerModule],
    adapters: allAdapters,
    internalListen: INTERNAL_LISTEN,
  },
  printOperatorKey,
);
