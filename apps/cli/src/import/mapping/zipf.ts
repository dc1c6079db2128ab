import { createHash } from 'node:crypto';

export interface ZipfSettings {
  /** Number of names: `prefix` followed by 1 … count. The first one is the most frequent. */
  readonly count: number;
  readonly exponent: number;
  readonly seed: number;
  readonly prefix: string;
}

/**
 * Draws names so that the frequency of the k-th is proportional to 1 / k^exponent. A draw depends only on seed and key,
 * not on earlier draws, so that a file read from its middle, or with other rows, gets the same names.
 */
export function zipf({ count, exponent, seed, prefix }: ZipfSettings): (key: string) => string {
  const reached: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= count; rank++) reached.push((sum += rank ** -exponent));
  return (key) => prefix + (1 + firstBeyond(reached, chance(seed, key) * sum));
}

/** Number in [0, 1) from the first 48 bits of a hash, equal on every machine. */
function chance(seed: number, key: string): number {
  return createHash('sha256').update(`${seed}:${key}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

function firstBeyond(reached: readonly number[], value: number): number {
  let low = 0;
  let high = reached.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (reached[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
