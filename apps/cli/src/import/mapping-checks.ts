/** A mapping file that cannot be used: the field, and what to write instead. */
export class MappingError extends Error {
  override readonly name = 'MappingError';
  constructor(field: string, advice: string) {
    super(`${field}: ${advice}.`);
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A misspelt member would otherwise be a setting silently left out. */
export function checkMembers(field: string, source: Record<string, unknown>, known: readonly string[]): void {
  const unknown = Object.keys(source).find((member) => !known.includes(member));
  if (unknown !== undefined)
    throw new MappingError(field, `${unknown} is not known here; there are ${known.join(', ')}`);
}

export function positive(field: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw new MappingError(field, 'give a number above zero');
}

/** As text. YAML may also hold lists and objects there, of which some have no text at all. */
export function scalar(field: string, value: unknown): string {
  if (['string', 'number', 'boolean'].includes(typeof value)) return String(value);
  throw new MappingError(field, 'give a text or a number');
}
