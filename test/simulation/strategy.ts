import { ledgerDecider, type Answer, type LedgerDecider } from '@tallystick/domain/ledger';
import { POLICY } from './catalog';
import { SimulatedServer } from './server';
import type { Random } from './random';

/** What may be exchanged for something worse, to see the checks find it. */
export interface Strategy {
  readonly decider: LedgerDecider;
  readonly server: (random: Random) => SimulatedServer;
  readonly stands?: (answer: Answer) => boolean;
  /** The revision up to which settled jobs are forgotten, instead of the index's. */
  readonly indexed?: (organizationId: string) => number;
  /** Whether a snapshot is taken only once the index has what it left out. */
  readonly waitsForIndex?: boolean;
}

export const SOUND: Strategy = { decider: ledgerDecider(POLICY), server: (random) => new SimulatedServer(random) };
