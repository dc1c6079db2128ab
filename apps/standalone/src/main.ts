import { allAdapters, run } from '@tallystick/platform';
import { CreditLedgerModule } from '@tallystick/services/credit-ledger';
import { JobIntakeModule } from '@tallystick/services/job-intake';
import { printDemo } from './demo/demo';

/** Everything in one process: intake finds the ledger beside it. */
void run({ name: 'standalone', modules: [CreditLedgerModule, JobIntakeModule], adapters: allAdapters }, printDemo);
