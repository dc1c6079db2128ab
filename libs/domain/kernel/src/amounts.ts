/** The most credits that one amount may name. A sum of a million such amounts is still an exact integer. */
export const MAX_CREDITS = 1_000_000_000;

/** A whole number of credits that may be moved: 0 to MAX_CREDITS. */
export const isCredits = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_CREDITS;

/** Thrown where the books do not add up: a bug, never a refusal. It stops the organization it names, not the others. */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

export function assertThat(holds: boolean, what: () => string): asserts holds {
  if (!holds) throw new BrokenInvariant(what());
}
