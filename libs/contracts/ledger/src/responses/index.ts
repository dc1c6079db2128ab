export * from './credits';
export * from './operations';
export * from './organizations';
