export { CreditLedgerModule } from './credit-ledger.module';
/** As the consumer of jobs.lifecycle reads them: benchmarks read with it alone. */
export { readLifecycle } from './lifecycle/lifecycle-messages';
export { LedgerService } from './commands/ledger.service';
export { SettledJobs } from './commands/settled-jobs';
export { toStreamEvent } from './commands/stream-event';
export { afterEffect, isPassing } from './commands/unavailable';
export { LifecycleService, type Waiting } from './lifecycle/lifecycle.service';
