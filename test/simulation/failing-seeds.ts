import { simulate } from './simulate';
import type { Strategy } from './strategy';

interface Seeds {
  readonly from: number;
  readonly to: number;
  /** So many that break the law are looked for. */
  readonly enough: number;
  readonly strategy?: Strategy;
}

/** The seeds that break the law, with what was broken. */
export async function failingSeeds({ from, to, enough, strategy }: Seeds): Promise<string[]> {
  const failed: string[] = [];
  for (let seed = from; seed <= to && failed.length < enough; seed++) {
    const { breaches } = await simulate(seed, strategy);
    if (breaches.length > 0) failed.push(`npm run simulate -- --seed ${seed}: ${breaches[0]}`);
  }
  return failed;
}
