import type { LoadTarget } from './target';

const BATCH = 500;
const UNDER_WAY = 8;

/** Batches of one organization each, reserved and then ended together. Returns the number of jobs. */
export async function sendBatches(
  target: LoadTarget,
  organizations: number,
  milliseconds: number,
  phase: string,
): Promise<number> {
  const until = performance.now() + milliseconds;
  let batches = 0;
  const producer = async () => {
    while (performance.now() < until) {
      const batch = batches++;
      const jobIds = Array.from({ length: BATCH }, (_, i) => `${phase}${batch}-${i}`);
      await target.submitMany(batch % organizations, jobIds);
      await target.endMany(batch % organizations, jobIds);
    }
  };
  await Promise.all(Array.from({ length: UNDER_WAY }, producer));
  return batches * BATCH;
}
