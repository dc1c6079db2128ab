import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './server-process';

export interface CommandLineRun {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

export interface CommandLineOptions {
  readonly cwd?: string;
  /** Undefined removes a variable. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Runs the command line in its own process. */
export function startTally(
  args: readonly string[],
  { cwd = ROOT, environment = {} }: CommandLineOptions = {},
): { readonly child: ChildProcess; readonly done: Promise<CommandLineRun> } {
  const child = spawn(process.execPath, [join(ROOT, 'tools/tally.cjs'), ...args], {
    cwd,
    env: { ...process.env, TALLY_URL: undefined, TALLY_KEY: undefined, ...environment },
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (said.out += String(chunk)));
  child.stderr.on('data', (chunk) => (said.err += String(chunk)));
  const done = new Promise<CommandLineRun>((resolve) =>
    child.once('close', (exitCode) => resolve({ exitCode, ...said })),
  );
  return { child, done };
}

interface Program {
  tally(args: readonly string[], host: object): Promise<number>;
}
interface Connect {
  connect(target: object, environment: object, cwd: string): Promise<unknown>;
}

/** Runs the command line in this process, which saves the time to load it. */
export async function tallyHere(
  args: readonly string[],
  { cwd = ROOT, environment = {} }: CommandLineOptions = {},
): Promise<CommandLineRun> {
  const place = join(ROOT, 'dist/apps/cli/src');
  const { tally } = (await import(join(place, 'program.js'))) as Program;
  const { connect } = (await import(join(place, 'client/connect.js'))) as Connect;
  const said = { out: '', err: '' };
  const exitCode = await tally(args, {
    environment,
    cwd,
    out: (text: string) => void (said.out += `${text}\n`),
    err: (text: string) => void (said.err += `${text}\n`),
    interrupted: new AbortController().signal,
    connect: (target: object) => connect(target, environment, cwd),
  });
  return { exitCode, ...said };
}
