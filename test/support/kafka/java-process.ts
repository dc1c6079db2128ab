import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { CLASS_PATH } from './jars';

/**
 * The shell kills Java when its input closes, so that no broker outlives its test. It ignores Ctrl-C, which a terminal
 * sends to all processes, because it must stay alive to kill Java.
 */
const GUARD =
  'trap "" INT TERM HUP; log=$1; shift; "$@" >>"$log" 2>&1 & echo $!; cat >/dev/null; kill -9 $! 2>/dev/null; wait';
const START_MILLISECONDS = 60_000;
/** Options for a fast start. The brokers of tests handle a few thousand messages. */
const JAVA = ['-Xms64m', '-Xmx384m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto'];

export const javaCommand = (main: string, args: readonly string[], settings: readonly string[] = []) => [
  'java',
  ...JAVA,
  ...settings,
  '-cp',
  CLASS_PATH,
  main,
  ...args,
];

/** A broker in its own process, which can be killed, paused and resumed. */
export class JavaProcess {
  private guard: ChildProcess | undefined;
  private pid = 0;

  constructor(
    private readonly command: readonly string[],
    private readonly log: string,
    private readonly port: number,
  ) {}

  /** Resolves when the broker accepts connections. */
  async start(): Promise<void> {
    const guard = spawn('sh', ['-c', GUARD, 'sh', this.log, ...this.command], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.guard = guard;
    this.pid = await new Promise<number>((resolve, reject) => {
      guard.stdout!.once('data', (line: Buffer) => resolve(Number(line.toString())));
      guard.once('error', reject);
    });
    const end = Date.now() + START_MILLISECONDS;
    while (!(await isOpen(this.port))) {
      if (!this.isAlive() || Date.now() > end)
        throw new Error(`Kafka did not come up. The end of its log:\n${readFileSync(this.log, 'utf8').slice(-3_000)}`);
      await pause(50);
    }
  }

  /** Kills the process with SIGKILL and resolves when it has ended. */
  async kill(): Promise<void> {
    const { guard } = this;
    if (!guard) return;
    this.guard = undefined;
    const gone = new Promise((resolve) => guard.once('exit', resolve));
    this.signal('SIGCONT');
    guard.stdin!.end();
    await gone;
  }

  /** Pauses the process: it stays alive and does not respond. */
  freeze(): void {
    this.signal('SIGSTOP');
  }

  thaw(): void {
    this.signal('SIGCONT');
  }

  private signal(name: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(this.pid, name);
    } catch {
      return false;
    }
  }

  private isAlive(): boolean {
    return this.signal(0);
  }
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
