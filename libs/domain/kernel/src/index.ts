export * from './amounts';
export * from './decider';
export * from './ids';
export * from './instants';
export * from './periods';
export * from './unreadable';
export * from './suggest';
export * from './view';
export { plural } from './words';
