export { CreditLedgerModule } from './credit-ledger.module';
