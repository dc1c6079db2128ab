import { everyPart, offerOperatorKey, run } from '@tallystick/platform';
import { CreditLedgerModule } from '@tallystick/services/credit-ledger';

void run({ name: 'credit-ledger', modules: [CreditLedgerModule], adapters: everyPart }, offerOperatorKey);
