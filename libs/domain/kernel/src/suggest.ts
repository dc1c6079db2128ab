const MOST_EDITS = 2;

/** `; did you mean "x"?` for a near miss, else nothing. */
export function didYouMean(given: unknown, known: readonly string[]): string {
  const name = nearest(given, known);
  return name === undefined ? '' : `; did you mean "${name}"?`;
}

/** The known name that was probably meant: the same in another case or with other separators, else at most two edits away. */
export function nearest(given: unknown, known: readonly string[]): string | undefined {
  if (typeof given !== 'string' || given.length > 64) return undefined;
  const wanted = bare(given);
  const [best] = known
    // Names of other lengths are further away than that: hostile input must not cost a comparison with each of them.
    .filter((name) => Math.abs(bare(name).length - wanted.length) <= MOST_EDITS)
    .map((name) => ({ name, distance: editDistance(wanted, bare(name)) }))
    .sort((a, b) => a.distance - b.distance);
  if (best === undefined) return undefined;
  // A short name is near to everything.
  return best.distance <= Math.min(MOST_EDITS, Math.ceil(best.name.length / 3)) ? best.name : undefined;
}

const bare = (name: string): string => name.toLowerCase().replace(/[_\s.-]/g, '');

/** Levenshtein's: insertions, deletions and replacements from one word to the other. */
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
