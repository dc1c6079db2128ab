import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'dotenv';
import { readConfirmations, readFlags } from './flags';
import type { Confirmations, Setting, SettingDeclarations, SettingValues } from '@tallystick/hosting';
import type { LogMode } from '@tallystick/eventing';
import { StartupError } from '@tallystick/runtime';
import { assertConsistent, newLogModeOf } from './consistency';
import { PLATFORM_SETTINGS } from './settings';

export type Configuration<Declared extends SettingDeclarations = Record<never, never>> = SettingValues<
  typeof PLATFORM_SETTINGS
> &
  SettingValues<Declared> &
  Confirmations & {
    /** Names that look like settings and are none of this process: most likely misspelt. */
    readonly unknown: readonly string[];
    /** Names of the settings that have a value of their own, not the default. */
    readonly chosen: ReadonlySet<string>;
    /** The mode of a log that is opened for the first time. */
    readonly newLogMode: LogMode;
  };

export const FILE_SUFFIX = '_FILE';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where Tallystick is installed, with its catalogs and the description of all its routes: above this file, as source, compiled or bundled. */
export const INSTALLED = [1, 2, 3, 4, 5]
  .map((up) => resolve(__dirname, '../'.repeat(up)))
  .find((at) => existsSync(join(at, 'catalogs')));

/** Variables of the command line, which may share an environment with the server. */
const CLIENT_VARIABLES = ['TALLY_URL', 'TALLY_KEY'];

/** The settings of the platform and those that `declared` adds. Flags have priority over the environment, which has priority over `.env`. Throws StartupError for a wrong value. */
export function readConfiguration<Declared extends SettingDeclarations>(
  declared: Declared,
  flags: readonly string[] = process.argv.slice(2),
  environment: Environment = { ...dotenvOf(process.cwd()), ...process.env },
): Configuration<Declared> {
  const settings = { ...PLATFORM_SETTINGS, ...declared };
  const { listen } = PLATFORM_SETTINGS;
  const { forced, base } = readFlags(flags, environment[listen.name] || listen.default!);
  const given: Environment = { ...environment, ...forced };
  const texts = new Map(
    Object.values<Setting<unknown>>(settings).map(({ name }) => [
      name,
      (given[name] || contentOf(given, name) || base[name])?.trim() || undefined,
    ]),
  );
  const values = Object.entries<Setting<unknown>>(settings).map(([key, setting]) => [
    key,
    valueOf(setting, texts.get(setting.name)),
  ]);
  const names = [...texts.keys()].flatMap((name) => [name, `${name}${FILE_SUFFIX}`]);
  const known = new Set([...names, ...CLIENT_VARIABLES]);
  const read = Object.fromEntries(values) as SettingValues<typeof PLATFORM_SETTINGS> & SettingValues<Declared>;
  const configuration = {
    ...read,
    ...readConfirmations(flags),
    chosen: new Set([...texts].filter(([, text]) => text !== undefined).map(([name]) => name)),
    newLogMode: newLogModeOf(read, environment['NODE_ENV'] === 'production'),
    unknown: Object.keys(given).filter((name) => name.startsWith('TALLY_') && !known.has(name)),
  };
  assertConsistent(configuration);
  return Object.freeze(configuration) as Configuration<Declared>;
}

/** `NAME_FILE` names a file that holds the value: how orchestrators hand over secrets. */
function contentOf(given: Environment, name: string): string | undefined {
  const file = given[`${name}${FILE_SUFFIX}`];
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartupError(
      `${name}${FILE_SUFFIX} is "${file}": it cannot be read (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
}

function valueOf(setting: Setting<unknown>, given: string | undefined): unknown {
  const effective = given ?? installed(setting);
  if (effective === undefined) return undefined;
  const value = setting.read(effective);
  if (value !== undefined) return value;
  const shown = setting.secret ? 'not usable' : JSON.stringify(withoutPassword(effective));
  throw new StartupError(`${setting.name} is ${shown}: it must be ${setting.rule}.`);
}

/** Of what may be an address only its scheme is shown: where its @ is missing or misplaced, a password may be anywhere in it. */
const withoutPassword = (text: string): string =>
  text.replace(/^([^:]*:\/\/).+$/s, '$1…').replace(/^([^:]*:)(?!\/\/).*[@:].*$/s, '$1…');

const installed = ({ default: preset, isInstalled }: Setting<unknown>): string | undefined =>
  isInstalled && preset !== undefined && INSTALLED !== undefined ? join(INSTALLED, preset) : preset;

function dotenvOf(directory: string): Environment {
  const file = join(directory, '.env');
  if (!existsSync(file)) return {};
  try {
    return parse(readFileSync(file));
  } catch (error) {
    throw new StartupError(`.env cannot be read: ${(error as Error).message}.`);
  }
}
