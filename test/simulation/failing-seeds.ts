import { simulate } from './simulate';
import type { Strategy } from './strategy';

interface Seeds {
  readonly from: number;
  readonly to: number;
  /** The search ends after this number of failing seeds. */
  readonly enough: number;
  readonly strategy?: Strategy;
}

/** The failing seeds, each with its first violation. */
export async function failingSeeds({ from, to, enough, strategy }: Seeds): Promise<string[]> {
  const failed: string[] = [];
  for (let seed = from; seed <= to && failed.length < enough; seed++) {
    const { breaches } = await simulate(seed, strategy);
    if (breaches.length > 0) failed.push(`npm run simulate -- --seed ${seed}: ${breaches[0]}`);
  }
  return failed;
}
