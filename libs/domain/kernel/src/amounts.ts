/** Maximum of an amount of credits. The sum of a million such amounts is an exact integer. */
export const MAX_CREDITS = 1_000_000_000;

/** True for a whole number from 0 to MAX_CREDITS. */
export const isCredits = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_CREDITS;

/** Thrown when credits would not be conserved: a bug or a damaged stream, never a refusal. It quarantines one stream. */
export class BrokenInvariant extends Error {
  override readonly name = 'BrokenInvariant';
}

export function assertThat(holds: boolean, message: () => string): asserts holds {
  if (!holds) throw new BrokenInvariant(message());
}
