import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './server-process';

export interface Ran {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

export interface TallyOptions {
  readonly cwd?: string;
  /** Undefined takes a variable away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** The command line as a process of its own. */
export function startTally(
  args: readonly string[],
  { cwd = ROOT, environment = {} }: TallyOptions = {},
): { readonly child: ChildProcess; readonly done: Promise<Ran> } {
  const child = spawn(process.execPath, [join(ROOT, 'tools/tally.cjs'), ...args], {
    cwd,
    env: { ...process.env, TALLY_URL: undefined, TALLY_KEY: undefined, ...environment },
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (said.out += String(chunk)));
  child.stderr.on('data', (chunk) => (said.err += String(chunk)));
  const done = new Promise<Ran>((resolve) =>
    child.once('close', (exitCode) => resolve({ exitCode, ...said })),
  );
  return { child, done };
}
