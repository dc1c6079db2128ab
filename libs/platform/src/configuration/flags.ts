import { parseArgs } from 'node:util';
import type { Confirmations } from '@tallystick/hosting';
import { StartupError } from '@tallystick/runtime';
import { PLATFORM_SETTINGS } from './settings';

export const USAGE = `Starts Tallystick. Everything else is set by environment variables, see docs/operating/settings.md.

  --port N        port to listen on (0: any free one)
  --data DIR      directory for streams, views and topics, where their settings name no place
  --catalog FILE  what is sold, at which rates
  --no-demo       make no demo organization at the first start
  --help          this text

To confirm what a start was refused for, once:
  --accept-clock          the clock is right, however far it is ahead of the log
  --accept-truncated-log  the log is shorter than it was: go on with what it has
  --new-records           records.db is gone or damaged: go on without its keys, names and job details
  --change-catalog        the log goes on with a catalog of another id`;

const OPTIONS = {
  port: { type: 'string' },
  data: { type: 'string' },
  catalog: { type: 'string' },
  demo: { type: 'boolean' },
  'accept-clock': { type: 'boolean' },
  'accept-truncated-log': { type: 'boolean' },
  'new-records': { type: 'boolean' },
  'change-catalog': { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** `forced` has priority over the environment, `base` has not. */
export interface Flags {
  readonly forced: Readonly<Record<string, string>>;
  readonly base: Readonly<Record<string, string>>;
}

/** Flags as environment variables. `listening` gives --port its host. */
export function readFlags(flags: readonly string[], listening: string): Flags {
  const { port, data, catalog, demo } = parsed(flags);
  const { listen, eventStore, views, bus } = PLATFORM_SETTINGS;
  if (port !== undefined && listen.read(`127.0.0.1:${port}`) === undefined)
    throw new StartupError(`--port is "${port}": it must be a whole number from 0 to 65535.`);
  if (data === '' || catalog === '') throw new StartupError(`--${data === '' ? 'data' : 'catalog'} needs a path.`);
  const base =
    data === undefined
      ? {}
      : { [eventStore.name]: `sqlite:${data}`, [views.name]: `sqlite:${data}`, [bus.name]: `embedded:${data}` };
  const forced = {
    ...(port !== undefined && { [listen.name]: `${listening.replace(/:\d*$/, '')}:${port}` }),
    ...(catalog !== undefined && { TALLY_CATALOG: catalog }),
    ...(demo !== undefined && { TALLY_DEMO: demo ? 'on' : 'off' }),
  };
  return { forced, base };
}

/** They hold for this start only, so they are not settings. */
export function readConfirmations(flags: readonly string[]): Confirmations {
  const given = parsed(flags);
  return {
    acceptClock: given['accept-clock'] === true,
    acceptTruncatedLog: given['accept-truncated-log'] === true,
    newRecords: given['new-records'] === true,
    changeCatalog: given['change-catalog'] === true,
  };
}

export const asksForHelp = (flags: readonly string[]): boolean => flags.includes('--help');

function parsed(flags: readonly string[]) {
  try {
    return parseArgs({ args: [...flags], options: OPTIONS, allowNegative: true, strict: true }).values;
  } catch (error) {
    const [reason] = (error as Error).message.split(/\.? (?=To specify)|\. |\n/, 1);
    throw new StartupError(
      `${reason}. Known are --port N, --data DIR, --catalog FILE, --no-demo, --accept-clock, --accept-truncated-log, --new-records and --change-catalog.`,
    );
  }
}
