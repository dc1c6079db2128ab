export * from './background-task';
export * from './backoff';
export * from './batcher';
export * from './clock';
export * from './pause';
export * from './signal';
export * from './startup-error';
export * from './system-clock';
