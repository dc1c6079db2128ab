import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** The root of the workspace, also when this file runs in dist/. */
export const ROOT = join(__dirname, __dirname.includes('/dist/') ? '../../..' : '../..');
const WITH_PARENT = join(ROOT, 'test/support/with-parent.cjs');
const PATIENCE = 60_000;
/** Arguments for a service: several services run on this machine, so the internal port is free to choose. */
const ANY_PORT = { TALLY_INTERNAL_LISTEN: '127.0.0.1:0' };

export interface StartOptions {
  readonly app?: 'standalone' | 'credit-ledger' | 'billing' | 'job-intake';
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The root of a built checkout of another version. */
  readonly root?: string;
}

/** A server in its own process, as `npm start` runs it. */
export class ServerProcess {
  out = '';
  err = '';
  /** Resolves with the exit code, or with the signal that ended the process. */
  readonly ended: Promise<number | NodeJS.Signals>;
  private readonly child: ChildProcess;

  constructor({ app = 'standalone', flags = [], environment = {}, root = ROOT, cwd = root }: StartOptions) {
    const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('TALLY_'));
    const main = join(root, `dist/apps/${app}/src/main.js`);
    this.child = spawn(process.execPath, ['-r', WITH_PARENT, main, ...flags], {
      cwd,
      env: { ...Object.fromEntries(clean), ...(app !== 'standalone' && ANY_PORT), ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stdout!.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    this.child.stderr!.on('data', (chunk: Buffer) => (this.err += chunk.toString()));
    this.ended = new Promise((resolve) => this.child.once('close', (code, signal) => resolve(code ?? signal!)));
  }

  get pid(): number {
    return this.child.pid!;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Kills the process with SIGKILL and resolves when it has ended. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Resolves with its URL once it serves. */
  async url(): Promise<string> {
    await this.until(() => this.out.includes('"msg":"ready"'), 'it serves');
    return /"url":"([^"]+)","msg":"ready"/.exec(this.out)![1]!;
  }

  /** Resolves with the URL of its internal listener once it serves. */
  async internalUrl(): Promise<string> {
    await this.url();
    const [, url] = /"internalUrl":"([^"]+)"/.exec(this.out) ?? [];
    if (url === undefined) throw new Error('The server has no internal listener.');
    return url;
  }

  async until(holds: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (!holds()) {
      if (!this.isRunning) throw new Error(`The server ended before ${what}:\n${this.err}${this.out}`);
      if (Date.now() > deadline)
        throw new Error(`The server did not get to this point in time: ${what}\n${this.err}${this.out}`);
      await pause(20);
    }
  }

  /** Stops the process with SIGTERM and resolves with its exit code. */
  async stop(): Promise<number | NodeJS.Signals> {
    if (this.isRunning) this.signal('SIGTERM');
    return this.ended;
  }
}
