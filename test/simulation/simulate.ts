import { breaches } from './history-check';
import { SOUND, type Strategy } from './strategy';
import { SimulatedWorld } from './simulated-world';

export interface SimulationRun {
  readonly seed: number;
  readonly breaches: readonly string[];
  readonly events: number;
  readonly answers: number;
}

/** Runs one seed and returns its violations. */
export async function simulate(
  seed: number,
  strategy: Strategy = SOUND,
  note?: (line: () => string) => void,
): Promise<SimulationRun> {
  const { stackTraceLimit } = Error;
  if (!note) Error.stackTraceLimit = 0; // A run throws hundreds of errors whose stacks are not used.
  const history = await new SimulatedWorld(seed, strategy, note).run();
  Error.stackTraceLimit = stackTraceLimit;
  const { log, answers } = history;
  return { seed, breaches: breaches(history), events: log.length, answers: answers.length };
}
