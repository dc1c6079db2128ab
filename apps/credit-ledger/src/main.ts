import { everyPart, INTERNAL_LISTEN, offerOperatorKey, run } from '@tallystick/platform';
import { CreditLedgerModule } from '@tallystick/services/credit-ledger';

/** Our other services call its internal listener. */
void run(
  {
    name: 'credit-ledger',
    modules: [CreditLedgerModule],
    adapters: everyPart,
    internalListen: INTERNAL_LISTEN,
  },
  offerOperatorKey,
);
