export * from './invoices';
export * from './operations';
export * from './subscriptions';
export * from './verification';
