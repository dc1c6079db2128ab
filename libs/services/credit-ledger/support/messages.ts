import { STRUCTURED } from '@tallystick/contracts/intake';
import { JOBS_LIFECYCLE } from '@tallystick/contracts/ledger';
import type { ReceivedMessage } from '@tallystick/eventing';

let offset = 0;

/** A message of jobs.lifecycle as a producer sends it, at the next place of its topic. */
export const received = (value: string, headers: Record<string, string> = {}, key = 'org'): ReceivedMessage => ({
  key,
  value: Buffer.from(value),
  headers,
  topic: JOBS_LIFECYCLE,
  partition: 0,
  offset: String((offset += 1)),
  timestamp: Date.now(),
});

export const event = (type: string, data: object, key = 'org'): ReceivedMessage =>
  received(
    JSON.stringify({ specversion: '1.0', id: `e-${offset}`, source: 't', type: `tallystick.${type}`, data }),
    { 'content-type': STRUCTURED },
    key,
  );

export const submitted = (id: string, pages = 10, key = 'org', operation = 'standard-v2'): ReceivedMessage =>
  event('job.submitted', { id, operation, usage: { pages } }, key);
