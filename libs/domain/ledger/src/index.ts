// In the order of reading: what can happen, what it adds up to, what is decided, what can be asked.
export * from './events';
export * from './state/balance';
export * from './state/ledger';
export { evolve, forgetSettled } from './state/evolve';
export * from './commands';
export { DEFAULT_POLICY, type Policy } from './policy';
export { budgetCapOf, jobLimits, streamTaken } from './decide/refusals';
export * from './decide/decide';
export * from './codec';
export { EVENT_TYPES, malformed } from './well-formed';
export * from './views/views';
export { grants, JOB_GRANTS, type GrantState } from './views/grants';
export * from './views/jobs';
export * from './state/snapshot';
export * from './audit';
