import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Of the workspace, from dist/ too. */
export const ROOT = join(__dirname, __dirname.includes('/dist/') ? '../../..' : '../..');
const WITH_PARENT = join(ROOT, 'test/support/with-parent.cjs');
const PATIENCE = 60_000;
/** Of a service in a process of its own: several run on this machine at once. */
const ANY_PORT = { TALLY_INTERNAL_LISTEN: '127.0.0.1:0' };

export interface StartOptions {
  readonly app?: 'standalone' | 'credit-ledger' | 'job-intake';
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Of another version's checkout, built. */
  readonly root?: string;
}

/** A server in a process of its own, as `npm start` runs it. */
export class ServerProcess {
  out = '';
  err = '';
  /** Exit code, or the signal that ended it. */
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

  /** As a power cut would; resolves when it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Its address, once it serves. */
  async url(): Promise<string> {
    await this.until(() => this.out.includes('"msg":"ready"'), 'to serve');
    return /"url":"([^"]+)","msg":"ready"/.exec(this.out)![1]!;
  }

  /** The address of its internal listener, once it serves. */
  async internalUrl(): Promise<string> {
    await this.url();
    const [, url] = /"internalUrl":"([^"]+)"/.exec(this.out) ?? [];
    if (url === undefined) throw new Error('The server has no internal listener.');
    return url;
  }

  async until(holds: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (!holds()) {
      if (!this.isRunning) throw new Error(`The server ended before it came ${what}:\n${this.err}${this.out}`);
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
