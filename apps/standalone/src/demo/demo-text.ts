import { dirname } from 'node:path';
import type { Demo } from './demo-file';

interface DemoNotice {
  readonly file: string;
  readonly job: object;
  /** A key that the configuration sets is not printed. */
  readonly isOperatorKeyShown: boolean;
}

/** Printed once: the keys, and three commands that can be copied. */
export function demoInstructions(
  { url, organizationId, keys }: Demo,
  { file, job, isOperatorKeyShown }: DemoNotice,
): string {
  // The command line finds the demo itself where the server keeps its data by default.
  const by = dirname(file) === '.tallystick' ? '' : `TALLY_URL=${url} TALLY_KEY=${keys.organization} `;
  const as = (key: string) => `-H 'authorization: Bearer ${key}'`;
  const json = `-H 'content-type: application/json'`;
  return `Tallystick runs on ${url}

A demo organization was made. Its keys, also in ${file}:
  project       ${keys.project}
  organization  ${keys.organization}
  service       ${keys.service}
  operator      ${isOperatorKeyShown ? keys.operator : '(as configured)'}

Try:
  1. submit a job
     curl ${url}/v1/jobs ${as(keys.project)} ${json} -d '${JSON.stringify(job)}'
  2. complete it, as the service that does the work
     curl ${url}/v1/jobs/try-1/complete ${as(keys.service)} ${json} -d '${JSON.stringify({ organizationId })}'
  3. see the balance
     curl ${url}/v1/organizations/${organizationId}/balance ${as(keys.organization)}
     or: ${by}npx tally balance ${organizationId}

Every route: ${url}/docs`;
}

export const demoInFile = (url: string, file: string): string =>
  `Tallystick runs on ${url}

A demo organization was made. Its keys are in ${file}, which its owner alone can read.

Every route: ${url}/docs`;
