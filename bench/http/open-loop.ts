import { percentile } from '../harness/statistics';
import type { System } from '../support/system';

export interface Latencies {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly jobs: number;
}

interface Pace {
  readonly jobsPerSecond: number;
  readonly organizations: number;
  readonly milliseconds: number;
}

/**
 * Jobs arrive at a fixed rate, independent of the responses. The latency of a reservation counts from its planned start, so
 * that a stalled server does not hide waiting requests. The latency of a settlement counts from the reservation.
 */
export async function openLoop(system: Pick<System, 'reserve' | 'settle'>, pace: Pace): Promise<Latencies> {
  const took: number[] = [];
  const running: Promise<void>[] = [];
  const total = Math.floor((pace.jobsPerSecond * pace.milliseconds) / 1_000);
  const job = async (n: number, due: number) => {
    const organization = n % pace.organizations;
    await system.reserve(organization, `job-${n}`);
    const reserved = performance.now();
    await system.settle(organization, `job-${n}`);
    took.push(reserved - due, performance.now() - reserved);
  };
  const started = performance.now();
  // Arrivals have millisecond precision, like timers.
  const dueAt = (n: number) => started + Math.ceil((n * 1_000) / pace.jobsPerSecond);
  for (let n = 0; n < total;) {
    while (n < total && dueAt(n) <= performance.now()) running.push(job(n, dueAt(n++)));
    await new Promise((resume) => setTimeout(resume, 1));
  }
  await Promise.all(running);
  const sorted = Float64Array.from(took).sort();
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), jobs: total };
}
