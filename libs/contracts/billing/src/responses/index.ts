export * from './invoices';
export * from './subscriptions';
