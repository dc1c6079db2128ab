/** A violation of the rules. */
export class LawViolation extends Error {}

export function check(holds: boolean, what: () => string): asserts holds {
  if (!holds) throw new LawViolation(what());
}

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

export function equal(found: unknown, lawful: unknown, what: string): void {
  check(same(found, lawful), () => `${what} is ${JSON.stringify(found)}, expected ${JSON.stringify(lawful)}`);
}
