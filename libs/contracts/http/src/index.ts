/** Of the kernel, for libraries that know nothing else of the domain. */
export { BrokenInvariant, DAY } from '@tallystick/domain/kernel';
export * from './answers';
export * from './bounds';
export { VALIDATION, fieldErrorsOf } from './field-errors';
export * from './one-name';
export * from './problem-titles';
export * from './problems';
export * from './readiness';
export { repeatedMember } from './repeated-members';
export * from './request';
export * from './rules';
export { dtoSchemas, membersOf, type Schema } from './schemas';
export * from './security';
export * from './times';
export * from './tokens';
export { unknownMember } from './unknown-members';
export { check, hasSchema, type Checked } from './validators';
