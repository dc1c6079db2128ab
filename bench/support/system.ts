import { RESERVED, USED } from './leapocr';

/** A system that moves credits. Both calls reject unless this call made a durable movement. */
export interface System {
  /** Reserves 10 credits. `organization` counts from 0. */
  readonly reserve: (organization: number, jobId: string) => Promise<void>;
  /** Consumes 7 credits and refunds 3. */
  readonly settle: (organization: number, jobId: string) => Promise<void>;
  readonly totals: () => Promise<SystemTotals>;
  readonly close: () => Promise<void>;
}

/** Totals of all organizations. */
export interface SystemTotals {
  readonly available: number;
  readonly reserved: number;
  readonly consumed: number;
  /** Stored movements: a reservation, a consumption and a refund per job. */
  readonly movements: number;
}

/** Throws if credits were lost or created, which invalidates the benchmark. */
export function checkTotals(
  name: string,
  { available, reserved, consumed, movements }: SystemTotals,
  granted: number,
  jobs: number,
): void {
  const wanted = {
    available: granted - USED * jobs,
    reserved: 0,
    consumed: USED * jobs,
    movements: 3 * jobs,
  };
  const found = { available, reserved, consumed, movements };
  if (JSON.stringify(found) !== JSON.stringify(wanted))
    throw new Error(
      `${name} lost or made credits: ${JSON.stringify(found)} expected ${JSON.stringify(wanted)} (${RESERVED} reserved, ${USED} used, ${jobs} jobs).`,
    );
}
