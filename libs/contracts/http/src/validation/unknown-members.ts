import { nearest } from '@tallystick/domain/kernel';
import type { FieldError } from '../problems';

/**
 * The error of an unknown member or parameter, with the name that was probably meant, else with the known ones. `field` is its path,
 * `siblings` are the known members of the same object, `paths` all paths of the input, such as `usage.pages`.
 */
export function unknownMember(
  field: string,
  siblings: readonly string[],
  { what = 'member', paths = [] }: { readonly what?: string; readonly paths?: readonly string[] } = {},
): FieldError {
  const parent = field.slice(0, field.length - nameOf(field).length);
  // The most similar one; of equals the first, so a sibling comes before other members.
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
