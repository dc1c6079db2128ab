import { allAdapters, INTERNAL_LISTEN, printOperatorKey, run } from '@tallystick/platform';
import { creditLedger } from '@tallystick/services/credit-ledger';

/** Processes of other services call its internal listener. */
void run(
  {
    name: 'credit-ledger',
    services: [creditLedger],
    adapters: allAdapters,
    internalListen: INTERNAL_LISTEN,
  },
  printOperatorKey,
);
