import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { Client } from 'pg';
import type { Certificate } from '../certificate';
import { freePorts } from '../free-ports';

const DEBIAN = '/usr/lib/postgresql';
const START_ATTEMPTS = 100;

export const NO_POSTGRES = 'no initdb on PATH or below /usr/lib/postgresql';
export const USER = 'tallystick';
export const PASSWORD = 'a password: with / and @';

export interface ClusterOptions {
  /** An empty directory. */
  readonly directory: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Enables TLS with this certificate. */
  readonly tls?: Certificate;
}

export interface PostgresCluster {
  readonly version: string;
  readonly port: number;
  /** The URL of the superuser for a database. */
  readonly url: (database?: string, parameters?: string) => string;
  readonly stop: () => Promise<void>;
  /** Starts it again after a stop, with the same data on the same port. */
  readonly start: () => Promise<void>;
  /** Kills it synchronously, for the end of the process. */
  readonly kill: () => void;
}

/** The newest PostgreSQL on this machine, or undefined. */
export function findPostgres(): string | undefined {
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((directory) => join(directory, 'initdb'))
    .find(existsSync);
  if (onPath !== undefined) return dirname(realpathSync(onPath));
  if (!existsSync(DEBIAN)) return undefined;
  const versions = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(DEBIAN, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

/** Starts a cluster on a free port of 127.0.0.1. */
export async function startPostgres(bin: string, options: ClusterOptions): Promise<PostgresCluster> {
  const { directory, tls } = options;
  const owner = unprivileged();
  const file = (name: string, text: string | Buffer) => {
    const path = join(directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    if (owner) chownSync(path, owner.uid, owner.gid);
    return path;
  };
  if (owner) chownSync(directory, owner.uid, owner.gid);
  const as = { ...owner, cwd: directory, stdio: 'ignore' as const };
  const data = join(directory, 'data');
  const secret = ['-A', 'scram-sha-256', `--pwfile=${file('password', PASSWORD)}`];
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', USER, ...secret, '-E', 'UTF8', '--locale=C', '-N'], as);
  const [port] = (await freePorts(1)) as [number];
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    log_min_messages: 'fatal',
    ...(tls && { ssl: 'on', ssl_key_file: file('tls.key', tls.key), ssl_cert_file: file('tls.crt', tls.certificate) }),
    ...options.settings,
  };
  const given = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const launch = () => spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...given], as);
  let server = launch();
  // SIGQUIT stops it like a crash. Committed data is recovered at the next start.
  const kill = () => void server.kill('SIGQUIT');
  const url = (database = 'postgres', parameters = '') =>
    `postgres://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${database}${parameters}`;
  const stop = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    kill();
    await ended;
  };
  const start = async () => {
    server = launch();
    await versionAt(url());
  };
  try {
    return { version: await versionAt(url()), port, url, stop, start, kill };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** PostgreSQL refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const user = ['postgres', 'nobody'].map((name) => users.find(([login]) => login === name)).find((found) => found);
  if (!user) throw new Error('there is no user other than root to run it as');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

async function versionAt(connectionString: string): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const client = new Client({ connectionString });
    try {
      await client.connect();
      const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
      return `PostgreSQL ${rows[0]!.server_version.split(' ')[0]}`;
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error;
      await new Promise((resume) => setTimeout(resume, 100));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
