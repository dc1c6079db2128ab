import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { wrongUse } from '../stop';
import { Client, KEY_NAMES, type Keys } from './client';
import { HttpTransport } from './http';

export interface Target {
  readonly url?: string;
  readonly key?: string;
  readonly data?: string;
}

export interface Connection {
  readonly client: Client;
  /** The organization meant where none is named. */
  readonly organizationId?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What the first start of a server leaves in its data directory. */
interface Demo {
  readonly url: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly keys: Keys;
}

const DEFAULT_DATA = '.tallystick';
const DEFAULT_URL = 'http://127.0.0.1:4400';

export async function connect(target: Target, environment: Environment, cwd: string): Promise<Connection> {
  if (target.data !== undefined) return openData(target, resolve(cwd, target.data));
  const url = target.url ?? environment.TALLY_URL;
  const key = target.key ?? environment.TALLY_KEY;
  if (url !== undefined && !/^https?:\/\//.test(url))
    throw wrongUse(`--url is "${url}": give an address such as ${DEFAULT_URL}.`);
  const demo = readDemo(dataDirectory(environment, cwd));
  if (key !== undefined)
    return { client: new Client(new HttpTransport(url ?? demo?.url ?? DEFAULT_URL), key) };
  if (demo === undefined || (url !== undefined && new URL(url).origin !== new URL(demo.url).origin))
    throw wrongUse(
      'No key to call with. Give --key or TALLY_KEY, or start a server here with npm start: its demo keys are then used.',
    );
  return {
    client: new Client(new HttpTransport(demo.url), demo.keys),
    organizationId: demo.organizationId,
  };
}

async function openData(target: Target, directory: string): Promise<Connection> {
  // Loaded only here: the server's modules take longer to load than most commands to run.
  const { InProcessTransport } = await import('./in-process.js');
  const demo = readDemo(directory);
  const transport = await InProcessTransport.open(directory);
  const keys = target.key ?? { ...demo?.keys, operator: transport.operatorKey };
  return { client: new Client(transport, keys), organizationId: demo?.organizationId };
}

function dataDirectory({ TALLY_EVENT_STORE: store = '' }: Environment, cwd: string): string {
  const [, named] = /^sqlite:(.+)$/.exec(store) ?? [];
  return resolve(cwd, named ?? DEFAULT_DATA);
}

function readDemo(directory: string): Demo | undefined {
  try {
    const demo = JSON.parse(readFileSync(join(directory, 'demo.json'), 'utf8')) as Demo;
    return KEY_NAMES.some((name) => typeof demo.keys?.[name] === 'string') ? demo : undefined;
  } catch {
    return undefined;
  }
}
