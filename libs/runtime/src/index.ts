export * from './background-task';
export * from './backoff';
export * from './batcher';
export * from './clock';
export * from './mutex';
export * from './pause';
export * from './signal';
export * from './system-clock';
