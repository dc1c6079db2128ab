import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { atEnd } from './cleanup';

export interface Spawned {
  readonly pid: number;
  /** The matching text of its output. */
  readonly output: string;
  readonly stop: () => Promise<void>;
}

export interface SpawnOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const START_MILLISECONDS = 30_000;
const STOP_MILLISECONDS = 10_000;

/** Starts a module in its own process. Resolves once a line of its output matches `telling`. */
export async function spawned(
  module: string,
  args: readonly string[],
  telling: RegExp,
  { environment = {}, cwd }: SpawnOptions = {},
): Promise<Spawned> {
  const { PATH, TMPDIR } = process.env;
  const child = spawn(process.execPath, [module, ...args], {
    cwd,
    env: { PATH, TMPDIR, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = atEnd(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr.on('data', (chunk) => (said = `${said}${chunk}`.slice(-2_000)));
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const output = await new Promise<string>((found, fail) => {
    const late = setTimeout(() => fail(new Error(`${module} was not ready in time. ${said}`)), START_MILLISECONDS);
    createInterface(child.stdout).on('line', (line) => {
      const [text] = telling.exec(line) ?? [];
      if (text === undefined) return;
      clearTimeout(late);
      found(text);
    });
    void ended.then(() => fail(new Error(`${module} has ended. ${said}`)));
  }).catch((error: unknown) => {
    kill();
    throw error;
  });
  const stop = async () => {
    child.kill('SIGTERM');
    // The result is no longer needed.
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MILLISECONDS);
    await ended;
    clearTimeout(late);
    kill();
  };
  return { pid: child.pid!, output, stop };
}
