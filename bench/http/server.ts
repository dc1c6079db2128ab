import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { spawned, type SpawnOptions } from '../harness/spawned';

export interface BenchmarkServer {
  readonly url: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

export const OPERATOR_KEY = 'tsk_operator_of-the-benchmark';
const STANDALONE = resolve('dist/apps/standalone/src/main.js');

/** The reason why it is not available, if there is one. */
export const lacksStandalone = (): string | undefined =>
  existsSync(STANDALONE) ? undefined : 'the standalone form is not built';

/** The standalone form with the LeapOCR catalog and a new directory, without `.env` files. */
export const startStandalone = (
  directory: string,
  environment: SpawnOptions['environment'] = {},
): Promise<BenchmarkServer> =>
  start(STANDALONE, ['--no-demo'], {
    environment: {
      TALLY_OPERATOR_KEY: OPERATOR_KEY,
      TALLY_LISTEN: '127.0.0.1:0',
      TALLY_CATALOG: resolve('catalogs/leapocr.yaml'),
      TALLY_LOG_FORMAT: 'json',
      TALLY_EVENT_STORE: `sqlite:${directory}`,
      TALLY_VIEWS: `sqlite:${directory}`,
      TALLY_BUS: `embedded:${directory}`,
      ...environment,
    },
    cwd: directory,
  });

/** Fastify alone. */
export const startBare = (): Promise<BenchmarkServer> => start(join(__dirname, 'bare-server.js'), [], {});

async function start(module: string, args: readonly string[], options: SpawnOptions): Promise<BenchmarkServer> {
  const { output, pid, stop } = await spawned(module, args, /http:\/\/127\.0\.0\.1:\d+/, options);
  return { url: output, pid, stop };
}
