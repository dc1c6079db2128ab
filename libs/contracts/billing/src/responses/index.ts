export * from './invoices';
export * from './subscriptions';
export * from './verification';
