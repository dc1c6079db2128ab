import { isIP } from 'node:net';

/** One environment variable. */
export interface Setting<Value> {
  readonly name: string;
  /** As it is written in the environment. Absent: the setting may be unset. */
  readonly default?: string;
  /** The default is a path below the installation, not below the working directory. */
  readonly isInstalled?: boolean;
  /** Ends the sentence "NAME is "value": it must be …". */
  readonly rule: string;
  readonly purpose: string;
  /** Never printed and never logged. */
  readonly secret?: boolean;
  readonly read: (text: string) => Value | undefined;
}

type Described = Pick<Setting<unknown>, 'name' | 'purpose' | 'isInstalled'> & { readonly default?: string };

/** The value of a setting without a default is undefined where it is not set. */
type Present<About, Value> = About extends { readonly default: string } ? Value : Value | undefined;

/** Settings by the name of their value. */
export type SettingDeclarations = Readonly<Record<string, Setting<unknown>>>;

type ValueOf<Declared> = Declared extends Setting<infer Value> ? Value : never;
type UnsetNames<Declared> = {
  [Name in keyof Declared]: undefined extends ValueOf<Declared[Name]> ? Name : never;
}[keyof Declared];

export type SettingValues<Declared extends SettingDeclarations> = {
  readonly [Name in Exclude<keyof Declared, UnsetNames<Declared>>]: ValueOf<Declared[Name]>;
} & { readonly [Name in UnsetNames<Declared>]?: ValueOf<Declared[Name]> };

/** The token of the values of all settings of the process. A service reads those that it declares. */
export const CONFIGURATION = Symbol('CONFIGURATION');

/** A setting whose text `read` understands; undefined breaks the rule. */
export const setting = <About extends Described, Value>(
  about: About,
  rule: string,
  read: (text: string) => Value | undefined,
): Setting<Present<About, Value>> => ({ ...about, rule, read }) as Setting<Present<About, Value>>;

export const text = <About extends Described>(about: About, rule = 'any text', form = /^.+$/s) =>
  setting(about, rule, (value) => (form.test(value) ? value : undefined));

export const secret = <About extends Described>(
  about: About,
  form: RegExp,
  rule: string,
): Setting<Present<About, string>> => ({
  ...text(about, rule, form),
  secret: true,
});

export const whole = <About extends Described>(about: About, least: number, most: number) =>
  setting(about, `a whole number from ${least} to ${most}`, (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    return number >= least && number <= most ? number : undefined;
  });

export const oneOf = <About extends Described, Choice extends string>(about: About, ...choices: readonly Choice[]) =>
  setting(about, `one of ${choices.join(', ')}`, (value) => choices.find((choice) => choice === value));

export const onOff = <About extends Described>(about: About) =>
  setting(about, 'one of on, off', (value) => (value === 'on' ? true : value === 'off' ? false : undefined));

/** One address, or several with commas between them. */
export const urls = <About extends Described>(about: About) =>
  setting(about, 'an address such as http://127.0.0.1:4401, or several with commas between them', readUrls);

function readUrls(value: string): readonly string[] | undefined {
  const all = value.split(',').map((one) => one.trim().replace(/\/+$/, ''));
  return all.every((one) => /^https?:\/\//.test(one) && URL.canParse(one)) ? all : undefined;
}

export interface Listen {
  readonly host: string;
  readonly port: number;
}

function readListen(value: string): Listen | undefined {
  const [, host, digits] = /^(\[[0-9a-fA-F:.]+\]|[^\s:/]+):(\d{1,5})$/.exec(value) ?? [];
  const port = Number(digits);
  return host !== undefined && port <= 65_535 ? { host: host.replace(/^\[|\]$/g, ''), port } : undefined;
}

export const listen = <About extends Described>(about: About) =>
  setting(about, 'HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:4400 (0 takes any free port)', readListen);

export const listenOrNone = <About extends Described>(about: About) =>
  setting(about, 'HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:4401, or none', (value) =>
    value === 'none' ? value : readListen(value),
  );

/** Entries separated by commas, each as `read` returns it. */
const listOf = <About extends Described>(about: About, rule: string, read: (entry: string) => string | undefined) =>
  setting(about, rule, (value): readonly string[] | undefined => {
    const entries = value.split(',').map((entry) => read(entry.trim()));
    return entries.every((entry) => entry !== undefined) ? entries : undefined;
  });

const NETWORKS = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** Addresses and networks, as the HTTP server reads them. */
export const networks = <About extends Described>(about: About) =>
  listOf(
    about,
    'addresses or networks such as 10.0.0.0/8 or fd00::/8 with commas between them, or loopback, linklocal, uniquelocal',
    (entry) => {
      const [, address = '', digits] = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
      const bits = Number(digits ?? 1);
      const isNetwork = isIP(address) !== 0 && bits >= 1 && bits <= (isIP(address) === 4 ? 32 : 128);
      return NETWORKS.has(entry) || isNetwork ? entry : undefined;
    },
  );

const HOST_NAME = /^(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/;

export const hostNames = <About extends Described>(about: About) =>
  listOf(about, 'names or addresses without ports, such as credits.example.com, with commas between them', (entry) => {
    const name = entry
      .toLowerCase()
      .replace(/^\[(.*)\]$/, '$1')
      .replace(/\.$/, '');
    return isIP(name) !== 0 || HOST_NAME.test(name) ? name : undefined;
  });

/** A directory of this machine, or the address of a server. */
export type Place = { readonly directory: string } | { readonly address: string };

export const isHere = (place: Place): place is { readonly directory: string } => 'directory' in place;

/** `local:DIR`, or an address like `example` whose scheme is one of `remote`; its adapter reads the rest of it. */
export const place = <About extends Described>(
  about: About,
  local: string,
  { remote, example }: { readonly remote: readonly string[]; readonly example: string },
) =>
  setting(about, `${local}:DIR or ${example}`, (value): Place | undefined => {
    if (remote.some((scheme) => value.startsWith(`${scheme}://`))) return { address: value };
    const directory = value.startsWith(`${local}:`) ? value.slice(local.length + 1) : '';
    return directory === '' ? undefined : { directory };
  });
