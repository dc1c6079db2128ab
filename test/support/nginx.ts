import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificate } from './certificate';
import { freePorts } from './free-ports';
import { ROOT } from './server-process';
import { until } from './until';

export const NO_NGINX = 'no nginx on this machine';
const PROGRAM = 'nginx';

export function hasNginx(): boolean {
  try {
    execFileSync(PROGRAM, ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A real nginx with the configuration of deploy/nginx, except addresses, name and files. */
export class Nginx {
  private constructor(
    private readonly directory: string,
    private readonly child: ChildProcess,
    readonly httpPort: number,
    readonly httpsPort: number,
  ) {}

  /** `upstream` is the host and port of Tallystick. */
  static async start(upstream: string, { key, certificate }: Certificate): Promise<Nginx> {
    const directory = mkdtempSync(join(tmpdir(), 'tallystick-nginx-'));
    const [httpPort, httpsPort] = (await freePorts(2)) as [number, number];
    writeFileSync(join(directory, 'tls.key'), key, { mode: 0o600 });
    writeFileSync(join(directory, 'tls.crt'), certificate);
    writeFileSync(join(directory, 'tallystick.conf'), shippedFor({ directory, httpPort, httpsPort, upstream }));
    writeFileSync(join(directory, 'nginx.conf'), mainFor(directory));
    mkdirSync(join(directory, 'temporary'));
    const args = ['-p', directory, '-c', join(directory, 'nginx.conf'), '-e', join(directory, 'error.log')];
    const child = spawn(PROGRAM, args, { stdio: 'ignore' });
    const nginx = new Nginx(directory, child, httpPort, httpsPort);
    process.once('exit', () => child.kill('SIGKILL'));
    await until(() => {
      if (child.exitCode !== null) throw new Error(`nginx ended:\n${nginx.errors()}`);
      return isListening(httpsPort);
    });
    return nginx;
  }

  errors(): string {
    return readFileSync(join(this.directory, 'error.log'), 'utf8');
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    if (this.child.exitCode === null && this.child.kill('SIGTERM')) await ended;
    rmSync(this.directory, { recursive: true, force: true });
  }
}

interface Places {
  readonly directory: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly upstream: string;
}

function shippedFor({ directory, httpPort, httpsPort, upstream }: Places): string {
  const changes: readonly (readonly [shipped: string, here: string])[] = [
    ['server 127.0.0.1:4400;', `server ${upstream};`],
    ['listen 80;', `listen 127.0.0.1:${httpPort};`],
    ['listen [::]:80;', ''],
    ['listen 443 ssl;', `listen 127.0.0.1:${httpsPort} ssl;`],
    ['listen [::]:443 ssl;', ''],
    ['/etc/nginx/tls/tallystick.crt', join(directory, 'tls.crt')],
    ['/etc/nginx/tls/tallystick.key', join(directory, 'tls.key')],
  ];
  let text = readFileSync(join(ROOT, 'deploy/nginx/tallystick.conf'), 'utf8');
  for (const [shipped, here] of changes) {
    if (text.split(shipped).length !== 2) throw new Error(`deploy/nginx has no single "${shipped}".`);
    text = text.replace(shipped, here);
  }
  return text;
}

const mainFor = (directory: string): string => `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${join(directory, 'nginx.pid')};
events {}
http {
  access_log off;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((of) => `  ${of}_temp_path ${join(directory, 'temporary', of)};`).join('\n')}
  include ${join(directory, 'tallystick.conf')};
}
`;

const isListening = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}`).then(
    () => true,
    (error: Error & { cause?: { code?: string } }) => error.cause?.code !== 'ECONNREFUSED',
  );
