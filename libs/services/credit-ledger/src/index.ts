export { creditLedger } from './definition';
export { CreditLedgerModule } from './credit-ledger.module';
/** As the consumer of jobs.lifecycle reads them: benchmarks read with it alone. */
export { readLifecycle } from './lifecycle/lifecycle-messages';
