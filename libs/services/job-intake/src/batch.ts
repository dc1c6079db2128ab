import { BOUNDS, invalidInput } from '@tallystick/contracts';

export const isBatch = (body: unknown): body is { readonly jobs: unknown } =>
  typeof body === 'object' && body !== null && 'jobs' in body;

/** The jobs of a batch, not looked at yet: each is checked and answered alone, by the compiled check. Throws a Problem. */
export const batchOf = (body: unknown): readonly unknown[] => entriesOf(body, 'jobs');

/** The same for a batch of other things, in the member `field`. */
export function entriesOf(body: unknown, field: string): readonly unknown[] {
  const entries =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[field] : undefined;
  if (Array.isArray(entries) && entries.length >= 1 && entries.length <= BOUNDS.batch) return entries;
  const message = `Give a list of 1 to ${BOUNDS.batch} entries.`;
  throw invalidInput([{ field, rule: entries === undefined ? 'required' : 'list', message }]);
}

/** Of an entry that is not checked yet, for its answer. */
export const idOf = (entry: unknown): string | undefined => {
  const { id } = (typeof entry === 'object' && entry !== null ? entry : {}) as { id?: unknown };
  return typeof id === 'string' && id.length <= 128 ? id : undefined;
};
