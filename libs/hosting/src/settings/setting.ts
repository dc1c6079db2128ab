import { isIP } from 'node:net';

/** One environment variable: what it is for, what it is when unset, and what it must look like. */
export interface Setting<Value> {
  readonly name: string;
  /** As one would write it; undefined: nothing is set. */
  readonly default?: string;
  /** Ends the sentence "NAME is "value": it must be …". */
  readonly rule: string;
  readonly purpose: string;
  /** Never printed, nor is it in the log. */
  readonly secret?: boolean;
  readonly read: (text: string) => Value | undefined;
}

type Described = Pick<Setting<unknown>, 'name' | 'purpose'> & { readonly default?: string };

export const text = (about: Described, rule = 'any text', form = /^.+$/s): Setting<string> => ({
  ...about,
  rule,
  read: (value) => (form.test(value) ? value : undefined),
});

export const secret = (about: Described, form: RegExp, rule: string): Setting<string> => ({
  ...text(about, rule, form),
  secret: true,
});

export const whole = (about: Described, least: number, most: number): Setting<number> => ({
  ...about,
  rule: `a whole number from ${least} to ${most}`,
  read: (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    return number >= least && number <= most ? number : undefined;
  },
});

export const oneOf = <Choice extends string>(about: Described, ...choices: readonly Choice[]): Setting<Choice> => ({
  ...about,
  rule: `one of ${choices.join(', ')}`,
  read: (value) => choices.find((choice) => choice === value),
});

/** One address, or several with commas between them. */
export const urls = (about: Described): Setting<readonly string[]> => ({
  ...about,
  rule: 'an address such as http://127.0.0.1:4401, or several with commas between them',
  read: (value) => {
    const all = value.split(',').map((one) => one.trim().replace(/\/+$/, ''));
    return all.every((one) => /^https?:\/\//.test(one) && URL.canParse(one)) ? all : undefined;
  },
});

export interface Listen {
  readonly host: string;
  readonly port: number;
}

function readListen(value: string): Listen | undefined {
  const [, host, digits] = /^(\[[0-9a-fA-F:.]+\]|[^\s:/]+):(\d{1,5})$/.exec(value) ?? [];
  const port = Number(digits);
  return host !== undefined && port <= 65_535 ? { host: host.replace(/^\[|\]$/g, ''), port } : undefined;
}

export const listen = (about: Described): Setting<Listen> => ({
  ...about,
  rule: 'HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:4400 (0 takes any free port)',
  read: readListen,
});

export const listenOrNone = (about: Described): Setting<Listen | 'none'> => ({
  ...about,
  rule: 'HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:4401, or none',
  read: (value) => (value === 'none' ? value : readListen(value)),
});

/** Entries with commas between them, each of which `form` accepts; written as it answers them. */
const listOf = (
  about: Described,
  rule: string,
  form: (entry: string) => string | undefined,
): Setting<readonly string[]> => ({
  ...about,
  rule,
  read: (value) => {
    const entries = value.split(',').map((entry) => form(entry.trim()));
    return entries.every((entry) => entry !== undefined) ? entries : undefined;
  },
});

const NETWORKS = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** Addresses and networks, as the HTTP server reads them. */
export const networks = (about: Described): Setting<readonly string[]> =>
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

export const hostNames = (about: Described): Setting<readonly string[]> =>
  listOf(about, 'names or addresses without ports, such as credits.example.com, with commas between them', (entry) => {
    const name = entry
      .toLowerCase()
      .replace(/^\[(.*)\]$/, '$1')
      .replace(/\.$/, '');
    return isIP(name) !== 0 || HOST_NAME.test(name) ? name : undefined;
  });

/** A directory of this machine, or a server that is asked for it. */
export type Place = { readonly directory: string } | { readonly address: string };

export const isHere = (place: Place): place is { readonly directory: string } => 'directory' in place;

/** `local:DIR`, or an address like `example` whose scheme is one of `remote`; what else is in it, its adapter reads. */
export const place = (
  about: Described,
  local: string,
  { remote, example }: { readonly remote: readonly string[]; readonly example: string },
): Setting<Place> => ({
  ...about,
  rule: `${local}:DIR or ${example}`,
  read: (value) => {
    if (remote.some((scheme) => value.startsWith(`${scheme}://`))) return { address: value };
    const directory = value.startsWith(`${local}:`) ? value.slice(local.length + 1) : '';
    return directory === '' ? undefined : { directory };
  },
});
