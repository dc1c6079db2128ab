import type { System } from './system';

export interface JobLoad {
  readonly organizations: number;
  /** Number of concurrent jobs. */
  readonly underWay: number;
  readonly warmUpMilliseconds: number;
  readonly milliseconds: number;
}

export interface Driven {
  readonly jobsPerSecond: number;
  /** All jobs, including warm-up and end. */
  readonly jobs: number;
}

const pause = (milliseconds: number) => new Promise<void>((resume) => setTimeout(resume, milliseconds));

/** A closed loop: each client reserves and settles one job after the other. All started jobs are settled. */
export async function drive(system: Pick<System, 'reserve' | 'settle'>, load: JobLoad): Promise<Driven> {
  let jobs = 0;
  let ended = 0;
  let stopped = false;
  const client = async () => {
    while (!stopped) {
      const job = jobs++;
      const organization = job % load.organizations;
      await system.reserve(organization, `job-${job}`);
      await system.settle(organization, `job-${job}`);
      ended += 1;
    }
  };
  const window = async () => {
    try {
      await pause(load.warmUpMilliseconds);
      const [started, before] = [performance.now(), ended];
      await pause(load.milliseconds);
      return ((ended - before) / (performance.now() - started)) * 1_000;
    } finally {
      stopped = true;
    }
  };
  const clients = Array.from({ length: load.underWay }, client);
  const failed = Promise.all(clients).then(() => new Promise<never>(() => undefined));
  const jobsPerSecond = await Promise.race([window(), failed]).finally(() => (stopped = true));
  await Promise.all(clients);
  return { jobsPerSecond, jobs };
}
