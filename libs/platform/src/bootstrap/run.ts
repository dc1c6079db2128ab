import { StoreUnavailable } from '@tallystick/eventing';
import type { SettingDeclarations } from '@tallystick/hosting';
import { StartupError, systemClock } from '@tallystick/runtime';
import type { Logger } from 'pino';
import { asksForHelp, readConfiguration, USAGE } from '../configuration';
import { createLogger } from '../logging';
import { printNotice } from './operator-key-notice';
import { misspelt, type ProcessDefinition, settingsOf } from './process';
import { type Running, start, type WhenListening } from './start';

const TEST_MODE = `The log is in test mode: it is not for business, and it stays in this mode.
To begin live, start with TALLY_MODE=live and a new log, such as --data DIR.`;

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Reads the configuration, starts the process and stops it at a signal. Never throws. */
export async function run<Own extends SettingDeclarations>(
  definition: ProcessDefinition<Own>,
  whenListening?: WhenListening<Own>,
): Promise<void> {
  if (asksForHelp(process.argv.slice(2))) return void process.stdout.write(`${USAGE}\n`);
  try {
    const configuration = readConfiguration(settingsOf(definition));
    const logger = createLogger(definition.name, configuration);
    for (const name of await misspelt(configuration.unknown, definition))
      logger.warn(`${name} is no setting. See docs/operating/settings.md.`);
    const running = await start(definition, configuration, logger, whenListening);
    endOnSignal(running, logger);
    const { internalUrl, url, mode } = running;
    if (mode === 'test') printNotice(TEST_MODE);
    logger.info({ internalUrl, url }, 'ready');
  } catch (error) {
    endWith(error);
  }
}

/** npm forwards a signal that the terminal has sent to the process as well: two within this time are one. */
const ONE_REQUEST_MILLISECONDS = 500;
const INTERRUPTED = 130;

function endOnSignal(running: Running, logger: Logger): void {
  let askedAt: number | undefined;
  const stop = (why: string, exitCode: number) => {
    if (askedAt !== undefined) {
      // A second request ends the process at once.
      if (systemClock.monotonic() - askedAt > ONE_REQUEST_MILLISECONDS) process.exit(exitCode || INTERRUPTED);
      return;
    }
    askedAt = systemClock.monotonic();
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
