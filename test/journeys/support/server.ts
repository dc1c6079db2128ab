import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const ROOT = join(__dirname, '../../..');
const PATIENCE = 20_000;

export interface Demo {
  readonly url: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly keys: Readonly<Record<'service' | 'project' | 'organization' | 'operator', string>>;
}

export interface StartOptions {
  readonly app?: 'standalone' | 'credit-ledger' | 'job-intake';
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A server in a process of its own, as `npm start` runs it. */
export class ServerProcess {
  out = '';
  err = '';
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  private readonly child: ChildProcess;

  constructor({ app = 'standalone', flags = [], environment = {}, cwd = ROOT }: StartOptions) {
    const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('TALLY_'));
    this.child = spawn(process.execPath, [join(ROOT, `dist/apps/${app}/src/main.js`), ...flags], {
      cwd,
      env: { ...Object.fromEntries(clean), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    this.child.stderr!.on('data', (chunk: Buffer) => (this.err += chunk.toString()));
    this.ended = new Promise((resolve) =>
      this.child.once('close', (code, signal) => resolve(code ?? signal!)),
    );
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Its address, once it serves. */
  async url(): Promise<string> {
    await this.until(() => this.out.includes('"msg":"ready"'), 'to serve');
    return /"url":"([^"]+)","msg":"ready"/.exec(this.out)![1]!;
  }

  async until(holds: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (!holds()) {
      if (!this.isRunning)
        throw new Error(`The server ended before it came ${what}:\n${this.err}${this.out}`);
      if (Date.now() > deadline) throw new Error(`The server never came ${what}:\n${this.err}${this.out}`);
      await pause(20);
    }
  }

  /** Ends it the polite way and says how that went. */
  async stop(): Promise<number | NodeJS.Signals> {
    if (this.isRunning) this.signal('SIGTERM');
    return this.ended;
  }
}

export interface Standalone extends Demo {
  readonly process: ServerProcess;
  readonly data: string;
}

/** The standalone form with its demo, on a free port, over `data` or a new directory. */
export async function startStandalone(
  data = newDirectory(),
  options: StartOptions = {},
): Promise<Standalone> {
  const flags = ['--port', '0', '--data', data, ...(options.flags ?? [])];
  const server = new ServerProcess({ ...options, flags });
  const url = await server.url();
  const file = join(data, 'demo.json');
  await server.until(() => existsSync(file), 'to its demo');
  // The address of this start: the file has the one of the first.
  return { ...(JSON.parse(readFileSync(file, 'utf8')) as Demo), url, process: server, data };
}

const directories: string[] = [];

export function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tallystick-'));
  directories.push(directory);
  return directory;
}

/** Removes every directory made here; for `afterAll`, once the servers are down. */
export function removeDirectories(): void {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

/** One call by HTTP; `body` makes it a POST unless `method` says otherwise. */
export async function call(
  url: string,
  {
    key,
    body,
    method,
    headers,
  }: { key?: string; body?: unknown; method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
