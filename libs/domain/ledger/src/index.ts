// In the order of reading: what can happen, what it adds up to, what is decided, what can be asked.
export * from './events';
export * from './balance';
export * from './state';
export { evolve, forgetSettled } from './evolve';
export * from './commands';
export { DEFAULT_POLICY, type Policy } from './policy';
export { budgetCapOf, jobLimits, streamTaken } from './refusals';
export * from './decide';
export * from './codec';
export { EVENT_TYPES, malformed } from './well-formed';
export * from './views';
export { grants, JOB_GRANTS, type GrantState } from './grants-view';
export * from './jobs-view';
export * from './snapshot';
export * from './audit';
