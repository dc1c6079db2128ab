import { BOUNDS, invalidInput } from '@tallystick/contracts';

export const isBatch = (body: unknown): body is { readonly jobs: unknown } =>
  typeof body === 'object' && body !== null && 'jobs' in body;

/** The jobs of a batch, not looked at yet: each is checked and answered alone, by the compiled check. Throws a Problem. */
export function batchOf(body: unknown): readonly unknown[] {
  const jobs = isBatch(body) ? body.jobs : undefined;
  if (Array.isArray(jobs) && jobs.length >= 1 && jobs.length <= BOUNDS.batch) return jobs;
  const message = `Give a list of 1 to ${BOUNDS.batch} entries.`;
  throw invalidInput([{ field: 'jobs', rule: jobs === undefined ? 'required' : 'list', message }]);
}
