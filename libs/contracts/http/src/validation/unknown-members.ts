import { nearest } from '@tallystick/domain/kernel';
import type { FieldError } from '../problems';

/**
 * A member or parameter that is not known: which one was probably meant, else which ones there are. `field` is its path,
 * `siblings` what is known beside it, `paths` the paths of all that the whole input may have, such as `usage.pages`.
 */
export function unknownMember(
  field: string,
  siblings: readonly string[],
  { what = 'member', paths = [] }: { readonly what?: string; readonly paths?: readonly string[] } = {},
): FieldError {
  const parent = field.slice(0, field.length - nameOf(field).length);
  // The nearest one counts, and of equals the first: a sibling before what lies elsewhere.
  const candidates = [...siblings.map((name) => parent + name), ...paths];
  const meant = nearest(nameOf(field), candidates.map(nameOf));
  const path = candidates.find((candidate) => nameOf(candidate) === meant);
  return { field, rule: 'unknown', message: `This ${what} is unknown${advice(path, what, siblings)}` };
}

function advice(path: string | undefined, what: string, siblings: readonly string[]): string {
  if (path !== undefined) return `; did you mean ${path}?`;
  return siblings.length > 0 ? `. Known here: ${siblings.join(', ')}.` : `. Leave the ${what} out.`;
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);
