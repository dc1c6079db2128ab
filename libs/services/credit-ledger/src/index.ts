export { creditLedger } from './definition';
export { CreditLedgerModule } from './credit-ledger.module';
/** The same function that reads messages of jobs.lifecycle here, for benchmarks. */
export { readLifecycle } from './lifecycle/lifecycle-messages';
