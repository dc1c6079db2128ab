import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Configuration, isHere, WrongStart } from '../configuration';
import { isLoopback } from '../http/hosts';
import { DemoClient } from './demo-client';
import { type Demo, moveDemo, readDemo, writeDemo } from './demo-file';
import { afterwards, demoInFile, firstTime, keyInFile, withoutDemo } from './demo-text';
import { writeDurably } from './durable-file';
import type { Listening } from './start';

const ORGANIZATION = 'demo';
const PROJECT = 'demo-project';
const CREDITS = 1_000;

const say = (text: string): void => void process.stderr.write(`\n${text}\n\n`);

/** At the first start: an organization to try things with, and how. Later: where its keys are. */
export async function offerDemo(listening: Listening, configuration: Configuration): Promise<void> {
  const { url, operator } = listening;
  const directory = dataDirectoryOf(configuration);
  if (directory === undefined) return offerOperatorKey(listening, configuration);
  const file = join(directory, 'demo.json');
  const known = readDemo(file);
  if (known && known.url !== url) moveDemo(file, { ...known, url });
  if (known || !isDemoWanted(configuration) || operator.key === undefined)
    return offerOperatorKey(listening, configuration, known && file);
  const client = new DemoClient(url, operator.key);
  if (!operator.isNew && (await client.hasOrganizations())) return say(afterwards(url));
  const demo = await makeDemo(url, operator.key);
  writeDemo(file, demo);
  await operator.keep();
  if (!isPrivate(configuration)) return say(demoInFile(url, file));
  say(firstTime(demo, { file, job: await client.sampleJob(), isOperatorShown: operator.isNew }));
}

/**
 * Without a demo, the first start still has to say by which key everything else is made: on the terminal where only this
 * machine reaches the listener, else in a file, for what is printed there is kept in some log. Throws WrongStart.
 */
export async function offerOperatorKey(
  { url, operator }: Listening,
  configuration: Configuration,
  demoFile?: string,
): Promise<void> {
  const directory = dataDirectoryOf(configuration);
  const file = directory === undefined ? undefined : join(directory, 'operator-key');
  if (!operator.isNew) return say(afterwards(url, demoFile ?? (file && existsSync(file) ? file : undefined)));
  const isPrinted = isPrivate(configuration);
  if (!isPrinted) {
    if (file === undefined) throw new WrongStart(NO_PLACE_FOR_KEY);
    writeDurably(file, `${operator.key}\n`);
  }
  const isOurs = await operator.keep();
  if (!isOurs && !isPrinted) rmSync(file!);
  if (!isOurs)
    return say(`${afterwards(url)}\nThe operator key is the one of another process that started at the same time.`);
  say(isPrinted ? withoutDemo(url, operator.key!) : keyInFile(url, file!));
}

const NO_PLACE_FOR_KEY =
  'TALLY_OPERATOR_KEY is not set, and this process has no data directory to leave a new key in: set it to 16 to 200 printable characters without spaces.';

const isPrivate = ({ listen }: Configuration): boolean => isLoopback(listen.host);

const isDemoWanted = (configuration: Configuration): boolean =>
  configuration.demo === 'on' || (configuration.demo === 'auto' && isPrivate(configuration));

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
