import { allAdapters, INTERNAL_LISTEN, printOperatorKey, remoteBilling, remoteLedger, run } from '@tallystick/platform';
import { creditLedger } from '@tallystick/services/credit-ledger';

/** Processes of other services call its internal listener. */
void run(
  {
    name: 'credit-ledger',
    services: [creditLedger],
    siblings: async () => [
      remoteLedger,
      remoteBilling,
      (await import('@tallystick/services/job-intake')).jobIntake,
      (await import('@tallystick/services/billing')).billing,
    ],
    adapters: allAdapters,
    internalListen: INTERNAL_LISTEN,
  },
  printOperatorKey,
);
