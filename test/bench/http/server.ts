import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { atEnd } from '../harness/cleanup';

export interface Server {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export const OPERATOR_KEY = 'tsk_operator_of-the-benchmark';
const STANDALONE = resolve('dist/apps/standalone/src/main.js');
const START_MILLISECONDS = 30_000;

/** Why there is none; undefined where there is. */
export const lacksStandalone = (): string | undefined =>
  existsSync(STANDALONE) ? undefined : 'the standalone form is not built';

/** As anybody would run it, with the LeapOCR catalog and data of its own; `.env` files are not read. */
export const startStandalone = (directory: string): Promise<Server> =>
  start(
    [STANDALONE, '--data', directory, '--no-demo'],
    {
      TALLY_OPERATOR_KEY: OPERATOR_KEY,
      TALLY_LISTEN: '127.0.0.1:0',
      TALLY_CATALOG: resolve('catalogs/leapocr.yaml'),
      TALLY_LOG_FORMAT: 'json',
    },
    directory,
  );

/** Fastify alone. */
export const startBare = (): Promise<Server> => start([join(__dirname, 'bare.js')], {});

/** Resolves once a line of its output tells the URL. */
async function start(
  args: readonly string[],
  environment: Record<string, string>,
  cwd?: string,
): Promise<Server> {
  const { PATH, TMPDIR } = process.env;
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH, TMPDIR, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = atEnd(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr.on('data', (chunk) => (said = `${said}${chunk}`.slice(-2_000)));
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const url = await new Promise<string>((found, fail) => {
    const late = setTimeout(
      () => fail(new Error(`${args[0]} was not ready in time. ${said}`)),
      START_MILLISECONDS,
    );
    createInterface(child.stdout).on('line', (line) => {
      const [told] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
      if (told === undefined) return;
      clearTimeout(late);
      found(told);
    });
    void ended.then(() => fail(new Error(`${args[0]} has ended. ${said}`)));
  }).catch((error: unknown) => {
    kill();
    throw error;
  });
  return {
    url,
    stop: async () => {
      child.kill('SIGTERM');
      // What it has not finished by then is no longer of interest.
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(late);
      kill();
    },
  };
}
