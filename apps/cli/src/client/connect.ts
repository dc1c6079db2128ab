import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HttpTransport } from '@tallystick/client';
import { wrongUse } from '../stop';
import { Client, KEY_NAMES, type KeysByRole } from './client';

export interface Target {
  readonly url?: string;
  readonly key?: string;
  readonly keyFile?: string;
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
  readonly keys: KeysByRole;
}

const DEFAULT_DATA = '.tallystick';
const DEFAULT_URL = 'http://127.0.0.1:4400';

export async function connect(target: Target, environment: Environment, cwd: string): Promise<Connection> {
  // (a key in the environment is for a server, and a data directory has keys of its own)
  if (target.data !== undefined) return openData(keyOf(target, {}, cwd), resolve(cwd, target.data));
  const key = keyOf(target, environment, cwd);
  const url = target.url ?? environment.TALLY_URL;
  if (url !== undefined && !/^https?:\/\//.test(url))
    throw wrongUse(`--url is "${url}": give an address such as ${DEFAULT_URL}.`);
  const data = dataDirectory(environment, cwd);
  if (key !== undefined) {
    const found = url ?? readDemo(data)?.url ?? DEFAULT_URL;
    return { client: new Client(new HttpTransport(found), key) };
  }
  const demo = readDemo(data);
  if (demo === undefined || (url !== undefined && new URL(url).origin !== new URL(demo.url).origin))
    throw wrongUse(
      'No key to call with. Set TALLY_KEY or give --key-file FILE, or start a server here with npm start: its demo keys are then used.',
    );
  return {
    client: new Client(new HttpTransport(demo.url), demo.keys),
    organizationId: demo.organizationId,
  };
}

/** Options before the environment; within each the key itself before a file that holds it. */
function keyOf({ key, keyFile }: Target, environment: Environment, cwd: string): string | undefined {
  if (key !== undefined && keyFile !== undefined) throw wrongUse('Give --key or --key-file, not both.');
  if (key !== undefined) return key;
  if (keyFile !== undefined) return readKey(resolve(cwd, keyFile));
  const { TALLY_KEY: set, TALLY_KEY_FILE: file } = environment;
  return set ?? (file === undefined ? undefined : readKey(resolve(cwd, file)));
}

function readKey(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw wrongUse(`The key file ${file} cannot be read. Check its name and its rights.`);
  }
  const key = text.trim();
  if (!/^[\x21-\x7e]+$/.test(key)) throw wrongUse(`The key file ${file} must hold one key and nothing else.`);
  return key;
}

async function openData(key: string | undefined, directory: string): Promise<Connection> {
  // Loaded only here: the server's modules take longer to load than most commands to run.
  const { InProcessTransport } = await import('./in-process.js');
  const demo = readDemo(directory);
  const transport = await InProcessTransport.open(directory);
  const keys = key ?? { ...demo?.keys, operator: transport.operatorKey };
  return { client: new Client(transport, keys), organizationId: demo?.organizationId };
}

function dataDirectory({ TALLY_EVENT_STORE: store = '' }: Environment, cwd: string): string {
  const [, named] = /^sqlite:(.+)$/.exec(store) ?? [];
  return resolve(cwd, named ?? DEFAULT_DATA);
}

/** Throws where there is a file that cannot be used. */
function readDemo(directory: string): Demo | undefined {
  const file = join(directory, 'demo.json');
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unusable(file, code!);
  }
  try {
    const demo = JSON.parse(text) as Demo | null;
    if (KEY_NAMES.some((name) => typeof demo?.keys?.[name] === 'string')) return demo!;
  } catch {
    // The same as JSON without keys.
  }
  throw unusable(file, text === '' ? 'it is empty' : 'it is damaged');
}

const unusable = (file: string, why: string) =>
  wrongUse(
    `${file} cannot be read (${why}). Restore it from a backup, or remove it and give a key: TALLY_KEY or --key-file FILE.`,
  );
