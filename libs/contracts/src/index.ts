export * from './problems';
export * from './security';
export * from './topics';
export * from './tokens';
