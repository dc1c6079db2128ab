import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'dotenv';
import { readConfirmations, readFlags } from './flags';
import type { Setting } from '@tallystick/hosting';
import { StartupError } from '@tallystick/runtime';
import { SETTINGS } from './settings';

/** The token under which the platform's own parts find the configuration. */
export const CONFIGURATION = Symbol('CONFIGURATION');

type Settings = typeof SETTINGS;
type Name = keyof Settings;
type ValueOf<It> = It extends Setting<infer Value> ? Value : never;
/** Without a default, a setting may be absent. */
type Optional =
  | 'internalListen'
  | 'trustedProxies'
  | 'allowedHosts'
  | 'operatorKey'
  | 'stripe'
  | 'stripeWebhookSecrets'
  | 'ledgerUrls'
  | 'ledgerKey'
  | 'kafkaReplication'
  | 'kafkaMinInSync'
  | 'retentionDays';

export type Configuration = {
  readonly [Key in Exclude<Name, Optional>]: ValueOf<Settings[Key]>;
} & { readonly [Key in Optional]?: ValueOf<Settings[Key]> } & ReturnType<typeof readConfirmations> & {
    /** Names like ours that are no setting: most likely misspelt. */
    readonly unknown: readonly string[];
  };

const FILE = '_FILE';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where Tallystick is installed, with its catalogs and the description of all its routes: above this file, as source, compiled or bundled. */
export const INSTALLED = [1, 2, 3, 4, 5]
  .map((up) => resolve(__dirname, '../'.repeat(up)))
  .find((at) => existsSync(join(at, 'catalogs')));

/** From flags, environment and `.env`, in this order of weight. Throws StartupError, which names the one that is wrong. */
export function readConfiguration(
  flags: readonly string[] = process.argv.slice(2),
  environment: Environment = { ...dotenvOf(process.cwd()), ...process.env },
): Configuration {
  const { forced, base } = readFlags(flags, environment[SETTINGS.listen.name] || SETTINGS.listen.default!);
  const given: Environment = { ...environment, ...forced };
  const values = Object.entries(SETTINGS).map(([key, setting]) => [
    key,
    valueOf(setting, given[setting.name] || contentOf(given, setting.name) || base[setting.name]),
  ]);
  const known = new Set<string>(Object.values(SETTINGS).flatMap(({ name }) => [name, `${name}${FILE}`]));
  // A client's variables of the command line; they may share an environment with the server.
  const others = new Set(['TALLY_URL', 'TALLY_KEY']);
  const unknown = Object.keys(given).filter((it) => it.startsWith('TALLY_') && !known.has(it) && !others.has(it));
  const configuration = {
    ...Object.fromEntries(values),
    ...readConfirmations(flags),
    unknown,
  } as Configuration;
  if (configuration.pageSize > configuration.maxPageSize)
    throw new StartupError(
      `TALLY_PAGE_SIZE is "${configuration.pageSize}": it must not be greater than TALLY_MAX_PAGE_SIZE, ${configuration.maxPageSize}.`,
    );
  // One key with two roles would open more than either is meant to.
  if (configuration.ledgerKey !== undefined && configuration.ledgerKey === configuration.operatorKey)
    throw new StartupError('TALLY_LEDGER_KEY is the same as TALLY_OPERATOR_KEY: give each a key of its own.');
  return Object.freeze(configuration);
}

/** `NAME_FILE` names a file that holds the value: how orchestrators hand over secrets. */
function contentOf(given: Environment, name: string): string | undefined {
  const file = given[`${name}${FILE}`];
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartupError(
      `${name}${FILE} is "${file}": it cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
}

function valueOf(setting: Setting<unknown>, given: string | undefined): unknown {
  const text = given?.trim() || undefined;
  const effective = text ?? installed(setting);
  if (effective === undefined) return undefined;
  const value = setting.read(effective);
  if (value !== undefined) return value;
  const shown = setting.secret ? 'not usable' : JSON.stringify(withoutPassword(effective));
  throw new StartupError(`${setting.name} is ${shown}: it must be ${setting.rule}.`);
}

/** Of what may be an address only its scheme is shown: where its @ is missing or misplaced, a password may be anywhere in it. */
const withoutPassword = (text: string): string =>
  text.replace(/^([^:]*:\/\/).+$/s, '$1…').replace(/^([^:]*:)(?!\/\/).*[@:].*$/s, '$1…');

const installed = ({ name, default: preset }: Setting<unknown>): string | undefined =>
  name === SETTINGS.catalog.name && preset !== undefined && INSTALLED !== undefined ? join(INSTALLED, preset) : preset;

function dotenvOf(directory: string): Environment {
  const file = join(directory, '.env');
  if (!existsSync(file)) return {};
  try {
    return parse(readFileSync(file));
  } catch (error) {
    throw new StartupError(`.env cannot be read: ${(error as Error).message}.`);
  }
}
