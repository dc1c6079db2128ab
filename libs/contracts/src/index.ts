export * from './problems';
export * from './security';
export * from './topics';
export * from './tokens';
export * from './readiness';
export * from './request';
