// In reading order: money, the subscription's events, state, commands and decisions, invoices, storage, views.
export * from './money/lines';
export { isReverseCharge, totalsOf, type Buyer } from './money/tax';
export { creditNoteTotals, type CreditedSums } from './money/numbers';
export { areTermsTooLong, termsOf } from './money/terms';
export * from './subscription/events';
export * from './subscription/effects';
export * from './subscription/state';
export * from './subscription/commands';
export * from './refusals';
export * from './policy';
export * from './subscription/queries';
export { evolveBilling } from './subscription/evolve';
export * from './invoice/events';
export * from './invoice/commands';
export * from './invoice/state';
export { evolveInvoice } from './invoice/evolve';
export { decideInvoice, invoiceDecider } from './invoice/decide';
