import { RESERVED, USED } from './leapocr';

/** Whatever moves credits: both calls reject unless the movement is durable and was made by this very call. */
export interface System {
  /** `organization` counts from 0; 10 credits must come to be reserved. */
  readonly reserve: (organization: number, jobId: string) => Promise<void>;
  /** 7 are consumed, 3 go back. */
  readonly settle: (organization: number, jobId: string) => Promise<void>;
  readonly totals: () => Promise<SystemTotals>;
  readonly close: () => Promise<void>;
}

/** Of all organizations together. */
export interface SystemTotals {
  readonly available: number;
  readonly reserved: number;
  readonly consumed: number;
  /** Movements of jobs that are kept: a reservation, a consumption and a refund each. */
  readonly movements: number;
}

/** A benchmark that loses credits is void. */
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
      `${name} lost or made credits: ${JSON.stringify(found)} where ${JSON.stringify(wanted)} was right (${RESERVED} reserved, ${USED} used, ${jobs} jobs).`,
    );
}
