import { STRUCTURED } from '@tallystick/contracts/intake';
import type { Message } from '@tallystick/eventing';
import { nameOf } from '../http/target';
import { RESERVED, USED } from '../support/leapocr';

/** A job ends when so many others have begun after it. */
const APART = 1_000;

export interface Jobs {
  readonly organizations: number;
  readonly count: number;
  /** Before the number of each, so that no two phases have the same job. */
  readonly phase: string;
}

/** CloudEvents as a producer sends them. */
export const submissions = (jobs: Jobs): Message[] => all(jobs, submitted);
export const completions = (jobs: Jobs): Message[] => all(jobs, completed);

/** Whole jobs: a thousand begin, then these end, and so on. */
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
