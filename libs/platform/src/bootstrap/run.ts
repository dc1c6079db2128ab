import { StartupError } from '@tallystick/runtime';
import { StoreUnavailable } from '@tallystick/eventing';
import type { Logger } from 'pino';
import { asksForHelp, readConfiguration, USAGE } from '../configuration';
import { createLogger } from '../logging';
import { type Running, type Service, start, type WhenListening } from './start';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** The whole life of a process: configuration, start, what to do once it runs, and one clean end. Never throws. */
export async function run(service: Service, whenListening?: WhenListening): Promise<void> {
  if (asksForHelp(process.argv.slice(2))) return void process.stdout.write(`${USAGE}\n`);
  try {
    const configuration = readConfiguration();
    const logger = createLogger(service.name, configuration);
    for (const name of configuration.unknown) logger.warn(`${name} is no setting. See docs/operating/settings.md.`);
    const running = await start(service, configuration, logger, whenListening);
    endOnSignal(running, logger);
    const { internalUrl, url } = running;
    logger.info({ internalUrl, url }, 'ready');
  } catch (error) {
    endWith(error);
  }
}

/** One Ctrl-C comes twice where npm hands on what the terminal has sent to all. */
const ONE_REQUEST_MILLISECONDS = 500;
const INTERRUPTED = 130;

function endOnSignal(running: Running, logger: Logger): void {
  let askedAt: number | undefined;
  const stop = (why: string, exitCode: number) => {
    if (askedAt !== undefined) {
      // Whoever asks again does not want to wait.
      if (performance.now() - askedAt > ONE_REQUEST_MILLISECONDS) process.exit(exitCode || INTERRUPTED);
      return;
    }
    askedAt = performance.now();
    logger.info({ why }, 'stopping');
    running.stop().then(
      () => {
        logger.info('stopped');
        process.exit(exitCode);
      },
      (error: unknown) => {
        logger.fatal({ err: error }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  for (const signal of SIGNALS) process.on(signal, () => stop(signal, 0));
  for (const fault of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(fault, (error: unknown) => {
      logger.fatal({ err: error }, `${fault}: this is a bug; stopping`);
      stop(fault, 1);
    });
}

function endWith(error: unknown): never {
  const isExpected = error instanceof StartupError || error instanceof StoreUnavailable;
  const said = isExpected ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${said}\n`);
  process.exit(1);
}
