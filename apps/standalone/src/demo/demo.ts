import { join } from 'node:path';
import {
  type Configuration,
  dataDirectoryOf,
  isPrivate,
  type Listening,
  printNotice,
  printOperatorKey,
  runsOn,
} from '@tallystick/platform';
import { DemoClient } from './demo-client';
import { type Demo, moveDemo, readDemo, writeDemo } from './demo-file';
import { demoInFile, demoInstructions } from './demo-text';
import type { DEMO_SETTINGS } from './settings';

const ORGANIZATION = 'demo';
const PROJECT = 'demo-project';
const CREDITS = 1_000;

/** First start: makes a demo organization and prints how to use it. Later starts: prints where its keys are. */
export async function printDemo(
  listening: Listening,
  configuration: Configuration<typeof DEMO_SETTINGS>,
): Promise<void> {
  const { url, operator } = listening;
  const directory = dataDirectoryOf(configuration);
  if (directory === undefined) return printOperatorKey(listening, configuration);
  const file = join(directory, 'demo.json');
  const known = readDemo(file);
  if (known && known.url !== url) moveDemo(file, { ...known, url });
  if (known || !isDemoWanted(configuration, listening) || operator.key === undefined)
    return printOperatorKey(listening, configuration, known && file);
  const client = new DemoClient(url, operator.key);
  if (!operator.isNew && (await client.hasOrganizations())) return printNotice(runsOn(url));
  const demo = await makeDemo(url, operator.key);
  writeDemo(file, demo);
  await operator.keep();
  if (!isPrivate(configuration)) return printNotice(demoInFile(url, file));
  const job = await client.sampleJob();
  printNotice(demoInstructions(demo, { file, job, isOperatorKeyShown: operator.isNew }));
}

/** With a sandbox clock an operator may want to set the time before the first organization is opened. */
const isDemoWanted = (
  configuration: Configuration<typeof DEMO_SETTINGS>,
  { hasSandboxClock }: Pick<Listening, 'hasSandboxClock'>,
): boolean =>
  configuration.demo === 'on' || (configuration.demo === 'auto' && isPrivate(configuration) && !hasSandboxClock);

/** Makes the demo over HTTP. What an interrupted start has made already is used again. */
export async function makeDemo(url: string, operator: string): Promise<Demo> {
  const client = new DemoClient(url, operator);
  const place = `/v1/organizations/${ORGANIZATION}`;
  await client.post('/v1/organizations', { id: ORGANIZATION, name: 'Demo organization' });
  await client.put(`${place}/projects/${PROJECT}`, { name: 'Demo project' });
  await client.post(`${place}/grants`, {
    grantId: 'demo-credits',
    kind: 'promotional',
    credits: CREDITS,
    reason: 'To try things with.',
  });
  const [service, project, organization] = await Promise.all([
    client.makeKey('/v1/ops/keys', { role: 'service', name: 'Demo service' }),
    client.makeKey(`${place}/keys`, { role: 'project', projectId: PROJECT, name: 'Demo project' }),
    client.makeKey(`${place}/keys`, { role: 'organization', name: 'Demo organization' }),
  ]);
  const keys = { service, project, organization, operator };
  return { url, organizationId: ORGANIZATION, projectId: PROJECT, keys };
}
