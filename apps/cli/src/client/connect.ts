import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HttpTransport } from '@tallystick/client';
import { usageError } from '../command-exit';
import { CliClient, KEY_NAMES, type KeysByRole } from './client';

export interface ConnectOptions {
  readonly url?: string;
  readonly key?: string;
  readonly keyFile?: string;
  readonly data?: string;
}

export interface CliConnection {
  readonly client: CliClient;
  /** Default organization. */
  readonly organizationId?: string;
}

type CliEnvironment = Readonly<Record<string, string | undefined>>;

/** File that the first start of a server creates in its data directory. */
interface CliDemo {
  readonly url: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly keys: KeysByRole;
}

const DEFAULT_DATA = '.tallystick';
const DEFAULT_URL = 'http://127.0.0.1:4400';

export async function connect(
  target: ConnectOptions,
  environment: CliEnvironment,
  cwd: string,
): Promise<CliConnection> {
  // Ignores the environment: a data directory has its own keys.
  if (target.data !== undefined) return openData(keyOf(target, {}, cwd), resolve(cwd, target.data));
  const key = keyOf(target, environment, cwd);
  const url = target.url ?? environment.TALLY_URL;
  if (url !== undefined && !/^https?:\/\//.test(url))
    throw usageError(`--url is "${url}": give an address such as ${DEFAULT_URL}.`);
  const data = dataDirectory(environment, cwd);
  if (key !== undefined) {
    const found = url ?? readDemo(data)?.url ?? DEFAULT_URL;
    return { client: new CliClient(new HttpTransport(found), key) };
  }
  const demo = readDemo(data);
  if (demo === undefined || (url !== undefined && new URL(url).origin !== new URL(demo.url).origin))
    throw usageError(
      'No API key. Set TALLY_KEY, use --key-file FILE, or start a local server with npm start to use its demo keys.',
    );
  return {
    client: new CliClient(new HttpTransport(demo.url), demo.keys),
    organizationId: demo.organizationId,
  };
}

/** Options have priority over the environment, and a key over a key file. */
function keyOf({ key, keyFile }: ConnectOptions, environment: CliEnvironment, cwd: string): string | undefined {
  if (key !== undefined && keyFile !== undefined) throw usageError('Give --key or --key-file, not both.');
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
    throw usageError(`The key file ${file} cannot be read. Check its name and its permissions.`);
  }
  const key = text.trim();
  if (!/^[\x21-\x7e]+$/.test(key)) throw usageError(`The key file ${file} must contain only one key.`);
  return key;
}

async function openData(key: string | undefined, directory: string): Promise<CliConnection> {
  // Loaded on demand, because the server's modules load slowly.
  const { InProcessTransport } = await import('./in-process.js');
  const demo = readDemo(directory);
  const transport = await InProcessTransport.open(directory);
  const keys = key ?? { ...demo?.keys, operator: transport.operatorKey };
  return { client: new CliClient(transport, keys), organizationId: demo?.organizationId };
}

function dataDirectory({ TALLY_EVENT_STORE: store = '' }: CliEnvironment, cwd: string): string {
  const [, named] = /^sqlite:(.+)$/.exec(store) ?? [];
  return resolve(cwd, named ?? DEFAULT_DATA);
}

/** Undefined without a demo file. Throws if the file is invalid. */
function readDemo(directory: string): CliDemo | undefined {
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
    const demo = JSON.parse(text) as CliDemo | null;
    if (KEY_NAMES.some((name) => typeof demo?.keys?.[name] === 'string')) return demo!;
  } catch {
    // The same as JSON without keys.
  }
  throw unusable(file, text === '' ? 'it is empty' : 'it is damaged');
}

const unusable = (file: string, why: string) =>
  usageError(
    `${file} cannot be read (${why}). Restore it from a backup, or remove it and give a key: TALLY_KEY or --key-file FILE.`,
  );
