export * from './billing-events';
export * from './invoices.dto';
export * from './payment-calls';
export * from './payments-events';
export * from './responses';
export * from './routes';
export * from './subscriptions.dto';
export * from './topics';
