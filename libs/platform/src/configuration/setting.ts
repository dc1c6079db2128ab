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

/** A start that cannot be: one sentence for the person who starts it, no stack. */
export class WrongStart extends Error {
  override readonly name = 'WrongStart';
}

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

export const oneOf = <Choice extends string>(
  about: Described,
  ...choices: readonly Choice[]
): Setting<Choice> => ({
  ...about,
  rule: `one of ${choices.join(', ')}`,
  read: (value) => choices.find((choice) => choice === value),
});

export const url = (about: Described): Setting<string> => ({
  ...about,
  rule: 'an address such as http://127.0.0.1:4401',
  read: (value) =>
    /^https?:\/\//.test(value) && URL.canParse(value) ? value.replace(/\/+$/, '') : undefined,
});

export interface Listen {
  readonly host: string;
  readonly port: number;
}

export const listen = (about: Described): Setting<Listen> => ({
  ...about,
  rule: 'HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:4400 (0 takes any free port)',
  read: (value) => {
    const [, host, digits] = /^(\[[0-9a-fA-F:.]+\]|[^\s:/]+):(\d{1,5})$/.exec(value) ?? [];
    const port = Number(digits);
    return host !== undefined && port <= 65_535 ? { host: host.replace(/^\[|\]$/g, ''), port } : undefined;
  },
});

/** A directory of this machine, named with the one scheme that this version has. */
export const place = (about: Described, scheme: string, later: readonly string[]): Setting<string> => ({
  ...about,
  rule: `${scheme}:DIR`,
  read: (value) => {
    const other = later.find((it) => value.startsWith(`${it}:`));
    // Its rest may carry a password, so it is not repeated.
    if (other !== undefined)
      throw new WrongStart(
        `${about.name} is ${other}:…: that comes with the distributed form, until then use ${scheme}:DIR.`,
      );
    const directory = value.startsWith(`${scheme}:`) ? value.slice(scheme.length + 1) : '';
    return directory === '' ? undefined : directory;
  },
});
