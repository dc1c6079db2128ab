import { STRUCTURED } from '@tallystick/contracts/intake';
import type { Message } from '@tallystick/eventing';
import { nameOf } from '../http/target';
import { RESERVED, USED } from '../support/leapocr';

/** Number of jobs that start between the start and the end of a job. */
const APART = 1_000;

export interface Jobs {
  readonly organizations: number;
  readonly count: number;
  /** Prefix of the job ids, unique per phase. */
  readonly phase: string;
}

/** CloudEvents like those of a producer. */
export const submissions = (jobs: Jobs): Message[] => all(jobs, submitted);
export const completions = (jobs: Jobs): Message[] => all(jobs, completed);

/** Complete jobs in groups: a thousand are submitted, then completed. */
export function wholeJobs(jobs: Jobs): Message[] {
  const messages: Message[] = [];
  for (let from = 0; from < jobs.count; from += APART) {
    const to = Math.min(from + APART, jobs.count);
    for (let n = from; n < to; n++) messages.push(submitted(jobs, n));
    for (let n = from; n < to; n++) messages.push(completed(jobs, n));
  }
  return messages;
}

const all = ({ count, ...jobs }: Jobs, message: typeof submitted): Message[] =>
  Array.from({ length: count }, (_, n) => message({ count, ...jobs }, n));

const submitted = (jobs: Jobs, n: number): Message =>
  event(jobs, n, 'submitted', {
    projectId: 'project',
    operation: 'standard-v2',
    usage: { pages: RESERVED },
  });

const completed = (jobs: Jobs, n: number): Message => event(jobs, n, 'completed', { usage: { pages: USED } });

function event({ phase, organizations }: Jobs, n: number, what: string, data: object): Message {
  const organizationId = nameOf(n % organizations);
  const id = `${phase}-${n}`;
  const body = {
    specversion: '1.0',
    id: `${what}-${id}`,
    source: 'benchmark',
    type: `tallystick.job.${what}`,
    time: new Date().toISOString(),
    data: { id, organizationId, ...data },
  };
  return {
    key: organizationId,
    value: Buffer.from(JSON.stringify(body)),
    headers: { 'content-type': STRUCTURED },
  };
}
