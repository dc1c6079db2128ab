import { readFileSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { writeDurably } from '@tallystick/platform';

/** Content of the file that the first start writes to the data directory for the command line. */
export interface Demo {
  readonly url: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly keys: Readonly<Record<'service' | 'project' | 'organization' | 'operator', string>>;
}

const LOG = new Logger('Demo');

/** Undefined where there is none, and where it cannot be read: the log then says so. */
export function readDemo(file: string): Demo | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? undefined : void reportUnreadable(file, code!);
  }
  try {
    const demo = JSON.parse(text) as Demo | null;
    if (typeof demo?.url === 'string' && typeof demo.keys?.operator === 'string') return demo;
  } catch {
    // The same as JSON without the members.
  }
  return void reportUnreadable(file, text === '' ? 'it is empty' : 'it is damaged');
}

const reportUnreadable = (file: string, why: string): void =>
  LOG.warn(
    `${file} cannot be read (${why}), so its keys are not known here. Restore it from a backup, or remove it, set TALLY_OPERATOR_KEY and make other keys.`,
  );

export const writeDemo = (file: string, demo: Demo): void =>
  writeDurably(file, `${JSON.stringify(demo, undefined, 2)}\n`);

/** The command line looks for the server where the file says; a start without room for it goes on. */
export function moveDemo(file: string, demo: Demo): void {
  try {
    writeDemo(file, demo);
  } catch (error) {
    LOG.warn(`${(error as Error).message} Until then tally needs --url ${demo.url}.`);
  }
}
