export * from './ledger-calls';
export * from './ledger-types';
export * from './organizations.dto';
export * from './outgoing';
export * from './queries.dto';
export * from './refusals';
export * from './stopped';
export * from './topics';
