const MOST_EDITS = 2;

/** `; did you mean "x"?` if a known name is similar, else an empty text. */
export function didYouMean(given: unknown, known: readonly string[]): string {
  const name = nearest(given, known);
  return name === undefined ? '' : `; did you mean "${name}"?`;
}

/** The most similar known name: equal except for case and separators, or at most two edits away. */
export function nearest(given: unknown, known: readonly string[]): string | undefined {
  if (typeof given !== 'string' || given.length > 64) return undefined;
  const wanted = normalized(given);
  const [best] = known
    // A larger difference in length needs more edits. Skipping these limits the cost of hostile input.
    .filter((name) => Math.abs(normalized(name).length - wanted.length) <= MOST_EDITS)
    .map((name) => ({ name, distance: editDistance(wanted, normalized(name)) }))
    .sort((a, b) => a.distance - b.distance);
  if (best === undefined) return undefined;
  // Short names are similar to most inputs.
  return best.distance <= Math.min(MOST_EDITS, Math.ceil(best.name.length / 3)) ? best.name : undefined;
}

const normalized = (name: string): string => name.toLowerCase().replace(/[_\s.-]/g, '');

/** Levenshtein distance. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = at(previous, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, at(previous, column) + 1, at(current, column - 1) + 1));
    }
    previous = current;
  }
  return at(previous, to.length);
}

const at = (row: readonly number[], column: number): number => row[column] ?? 0;
