export * from './cloud-events';
export * from './details';
export * from './events.dto';
export * from './jobs.dto';
export * from './lifecycle';
export * from './responses';
