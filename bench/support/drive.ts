import type { System } from './system';

export interface JobLoad {
  readonly organizations: number;
  /** Jobs under way at any time. */
  readonly underWay: number;
  readonly warmUpMilliseconds: number;
  readonly milliseconds: number;
}

export interface Driven {
  readonly jobsPerSecond: number;
  /** All jobs, those of the warm-up and of the end included. */
  readonly jobs: number;
}

const pause = (milliseconds: number) => new Promise<void>((resume) => setTimeout(resume, milliseconds));

/** A closed loop: each client reserves, waits, settles, waits, and takes the next job. All jobs begun are ended. */
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
