import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { Pool } from 'pg';
import { atEnd, temporaryDirectory } from '../harness/cleanup';

const DEBIAN = '/usr/lib/postgresql';

/** Durable as a ledger must be; the rest as whoever runs it for speed would set it. */
const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '512MB',
  max_wal_size: '8GB',
  min_wal_size: '1GB',
  checkpoint_timeout: '30min',
  // Small tables that grow during a run: plans made while they are empty must not be kept for when they are full.
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  plan_cache_mode: 'force_generic_plan',
  jit: 'off',
  log_min_messages: 'fatal',
};

export interface Cluster {
  readonly version: string;
  readonly pool: (connections: number) => Pool;
  readonly stop: () => Promise<void>;
}

/** The newest PostgreSQL of this machine; undefined where there is none. */
export function findPostgres(): string | undefined {
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((directory) => join(directory, 'initdb'))
    .find(existsSync);
  if (onPath !== undefined) return dirname(realpathSync(onPath));
  if (!existsSync(DEBIAN)) return undefined;
  const versions = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a));
  return versions
    .map((version) => join(DEBIAN, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
}

/** A cluster of its own, in a temporary directory, on a free port of 127.0.0.1. */
export async function startPostgres(bin: string): Promise<Cluster> {
  const directory = temporaryDirectory();
  const user = unprivileged();
  if (user) chownSync(directory.path, user.uid, user.gid);
  const data = join(directory.path, 'data');
  const as = { ...user, cwd: directory.path, stdio: 'ignore' as const };
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'],
    as,
  );
  const port = await freePort();
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...settings], as);
  const ended = new Promise((resolve) => server.once('exit', resolve));
  // SIGQUIT: at once, the data are thrown away anyway.
  const kill = atEnd(() => void server.kill('SIGQUIT'));
  const pool = (max: number) =>
    new Pool({ host: '127.0.0.1', port, user: 'bench', database: 'postgres', max, idleTimeoutMillis: 0 });
  const stop = async () => {
    kill();
    await ended;
    directory.remove();
  };
  try {
    return { version: await versionOf(pool(1)), pool, stop };
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
  const user = ['postgres', 'nobody']
    .map((name) => users.find(([login]) => login === name))
    .find((found) => found);
  if (!user) throw new Error('there is no user other than root to run it as');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function versionOf(pool: Pool): Promise<string> {
  try {
    for (let attempt = 0; ; attempt++)
      try {
        const { rows } = await pool.query<{ server_version: string }>('SHOW server_version');
        return `PostgreSQL ${rows[0]!.server_version.split(' ')[0]}`;
      } catch (error) {
        if (attempt === 100) throw error;
        await new Promise((resume) => setTimeout(resume, 100));
      }
  } finally {
    await pool.end();
  }
}
