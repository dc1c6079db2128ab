import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Configuration, isHere } from '../configuration';
import { DemoClient } from './demo-client';
import { afterwards, firstTime, withoutDemo } from './demo-text';
import type { Running } from './start';

const ORGANIZATION = 'demo';
const PROJECT = 'demo-project';
const CREDITS = 1_000;

/** What the first start leaves in the data directory; the command line reads it. */
export interface Demo {
  readonly url: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly keys: Readonly<Record<'service' | 'project' | 'organization' | 'operator', string>>;
}

const say = (text: string): void => void process.stderr.write(`\n${text}\n\n`);

/** At the first start: an organization to try things with, and how. Later: where its keys are. */
export async function offerDemo(running: Running, configuration: Configuration): Promise<void> {
  const { url, operator } = running;
  const directory = dataDirectoryOf(configuration);
  if (directory === undefined) return offerOperatorKey(running, configuration);
  const file = join(directory, 'demo.json');
  const known = knownDemo(file);
  // The command line looks for the server where this file says.
  if (known && known.url !== url) write(file, { ...known, url });
  if (known || configuration.demo === 'off' || operator.key === undefined)
    return offerOperatorKey(running, configuration, known && file);
  const client = new DemoClient(url, operator.key);
  if (!operator.isNew && (await client.hasOrganizations())) return say(afterwards(url));
  const demo = await makeDemo(url, operator.key);
  write(file, demo);
  await operator.keep();
  say(firstTime(demo, file, await client.sampleJob()));
}

/** Without a demo, the first start still has to say by which key everything else is made. */
export async function offerOperatorKey(
  { url, operator }: Running,
  _: Configuration,
  file?: string,
): Promise<void> {
  say(operator.isNew ? withoutDemo(url, operator.key!) : afterwards(url, file));
  if (!(await operator.keep()))
    say('That key is void: another process that started with this one has made one.');
}

/** Where this process keeps anything at all, if it does. */
const dataDirectoryOf = ({ eventStore, views, bus }: Configuration): string | undefined =>
  [eventStore, views, bus].find(isHere)?.directory;

/** The way anybody would make it; what a start that was cut short has made already, stays. */
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

function knownDemo(file: string): Demo | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Demo;
  } catch {
    return undefined;
  }
}

/** Whole or not at all, and readable by its owner only. */
function write(file: string, demo: Demo): void {
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, `${JSON.stringify(demo, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(aside, file);
}
