import { allAdapters, INTERNAL_LISTEN, printOperatorKey, remoteLedger, run } from '@tallystick/platform';
import { creditLedger } from '@tallystick/services/credit-ledger';

/** Processes of other services call its internal listener. */
void run(
  {
    name: 'credit-ledger',
    services: [creditLedger],
    siblings: async () => [remoteLedger, (await import('@tallystick/services/job-intake')).jobIntake],
    adapters: allAdapters,
    internalListen: INTERNAL_LISTEN,
  },
  printOperatorKey,
);
