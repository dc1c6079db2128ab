import { ledgerDecider, type Answer, type LedgerDecider } from '@tallystick/domain/ledger';
import { POLICY } from './catalog';
import { SimulatedServer } from './server';
import type { Random } from './random';

/** The parts of the ledger that mutants replace. */
export interface Strategy {
  readonly decider: LedgerDecider;
  readonly server: (random: Random) => SimulatedServer;
  readonly stands?: (answer: Answer) => boolean;
  /** The revision up to which settled jobs are removed, instead of the revision of the index. */
  readonly indexed?: (organizationId: string) => number;
  /** Whether a snapshot is used only after the index contains the jobs that it omits. */
  readonly waitsForIndex?: boolean;
}

export const SOUND: Strategy = { decider: ledgerDecider(POLICY), server: (random) => new SimulatedServer(random) };
