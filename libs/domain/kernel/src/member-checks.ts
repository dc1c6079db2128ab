import { isInstant } from './instants';

declare global {
  // (ES2024, which Node 20 has and the compiler's target does not)
  interface String {
    isWellFormed(): boolean;
  }
}

/** A condition on a member of stored or received data. Any program may write such data, so nothing is assumed of the value. */
export type MemberCheck = (value: unknown) => boolean;
export type MemberChecks = Readonly<Record<string, MemberCheck>>;
type Members = Readonly<Record<string, unknown>>;

export const text: MemberCheck = (value) => typeof value === 'string';
/** Databases replace or refuse characters that UTF-8 cannot represent, so that two keys could become one. */
export const keyUpTo =
  (length: number): MemberCheck =>
  (value) =>
    typeof value === 'string' && value.length <= length && value.isWellFormed() && !value.includes('\0');
export const number: MemberCheck = (value) => Number.isFinite(value);
export const integer =
  (least: number, most = Number.MAX_SAFE_INTEGER): MemberCheck =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
export const boolean: MemberCheck = (value) => typeof value === 'boolean';
export const instant: MemberCheck = isInstant;
export const oneOf = (values: readonly unknown[]): MemberCheck => {
  const allowed = new Set(values);
  return (value) => allowed.has(value);
};
export const nullable =
  (check: MemberCheck): MemberCheck =>
  (value) =>
    value === undefined || value === null || check(value);
export const optional =
  (check: MemberCheck): MemberCheck =>
  (value) =>
    value === undefined || check(value);
export const anyOf =
  (a: MemberCheck, b: MemberCheck): MemberCheck =>
  (value) =>
    a(value) || b(value);
export const listOf =
  (check: MemberCheck): MemberCheck =>
  (value) =>
    Array.isArray(value) && value.every(check);
/** Caches the last valid value: consecutive events share their times. */
export function cached(check: MemberCheck): MemberCheck {
  let last: unknown;
  return (value) => {
    if (value === last && value !== undefined) return true;
    const holds = check(value);
    if (holds) last = value;
    return holds;
  };
}
export const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const valuesOf =
  (check: MemberCheck): MemberCheck =>
  (value) =>
    isObject(value) && Object.values(value).every(check);

export function object(shape: MemberChecks): MemberCheck {
  const firstWrong = wrongMemberOf(shape);
  return (value) => isObject(value) && firstWrong(value) === undefined;
}

/** Returns a function that names the first invalid member of an object. */
export function wrongMemberOf(shape: MemberChecks): (data: Members) => string | undefined {
  const names = Object.keys(shape);
  const checks = Object.values(shape);
  return (data) => {
    for (let i = 0; i < names.length; i++) if (!checks[i]!(data[names[i]!])) return names[i];
    return undefined;
  };
}
