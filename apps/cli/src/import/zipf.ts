import { createHash } from 'node:crypto';

export interface ZipfSettings {
  /** How many names there are: `prefix` followed by 1 … count, the first being the most frequent. */
  readonly count: number;
  readonly exponent: number;
  readonly seed: number;
  readonly prefix: string;
}

/**
 * Names drawn so that the k-th comes up in proportion to 1 / k^exponent. A draw depends on seed and key alone, not on
 * the draws before it: a file read again from its middle, or with other rows in it, gets the same names.
 */
export function zipf({ count, exponent, seed, prefix }: ZipfSettings): (key: string) => string {
  const reached: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= count; rank++) reached.push((sum += rank ** -exponent));
  return (key) => prefix + (1 + firstBeyond(reached, chance(seed, key) * sum));
}

/** A number in [0, 1): the first 48 bits of a hash, the same on every machine. */
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
