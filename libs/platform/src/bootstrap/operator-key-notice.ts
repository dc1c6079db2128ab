import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from '@tallystick/runtime';
import { isHere } from '@tallystick/hosting';
import type { Configuration } from '../configuration';
import { isLoopback } from '../http/access/hosts';
import { writeDurably } from './durable-file';
import type { Listening } from './start';

/** Writes a notice for the person who started the process; it is not part of the log. */
export const printNotice = (text: string): void => void process.stderr.write(`\n${text}\n\n`);

export const runsOn = (url: string, keyFile?: string): string =>
  `Tallystick runs on ${url}${keyFile === undefined ? '' : `\nIts keys are in ${keyFile}`}`;

const keyInFile = (url: string, file: string): string =>
  `Tallystick runs on ${url}

The operator key is in ${file}, which its owner alone can read.`;

const keyOnce = (url: string, operatorKey: string): string =>
  `Tallystick runs on ${url}

The operator key, shown this once:
  ${operatorKey}`;

const NO_PLACE_FOR_KEY =
  'TALLY_OPERATOR_KEY is not set, and this process has no data directory to leave a new key in: set it to 16 to 200 printable characters without spaces.';

/**
 * Hands over the operator key of a first start: on the terminal where only this machine reaches the listener, else in a
 * file of the data directory, because terminal output of a server usually ends in a log. Throws StartupError.
 */
export async function printOperatorKey(
  { url, operator }: Listening,
  configuration: Configuration,
  demoFile?: string,
): Promise<void> {
  const directory = dataDirectoryOf(configuration);
  const file = directory === undefined ? undefined : join(directory, 'operator-key');
  if (!operator.isNew) return printNotice(runsOn(url, demoFile ?? (file && existsSync(file) ? file : undefined)));
  const isPrinted = isPrivate(configuration);
  if (!isPrinted) {
    if (file === undefined) throw new StartupError(NO_PLACE_FOR_KEY);
    writeDurably(file, `${operator.key}\n`);
  }
  const isOurs = await operator.keep();
  if (!isOurs && !isPrinted) rmSync(file!);
  if (!isOurs)
    return printNotice(`${runsOn(url)}\nThe operator key is the one of another process that started at the same time.`);
  printNotice(isPrinted ? keyOnce(url, operator.key!) : keyInFile(url, file!));
}

/** True if only this machine reaches the public listener. */
export const isPrivate = ({ listen }: Configuration): boolean => isLoopback(listen.host);

/** The directory of this machine in which the process keeps data, if there is one. */
export const dataDirectoryOf = ({ eventStore, views, bus }: Configuration): string | undefined =>
  [eventStore, views, bus].find(isHere)?.directory;
