import { currencyDigits, ratePrice } from '@tallystick/domain/kernel';
import { InvalidArgumentError } from 'commander';
import { usageError } from './command-exit';
import { parseTime } from './import/mapping/times';

/** Parsers of option values. Their errors become exit code 2. */
export const time = (text: string): string => {
  const milliseconds = parseTime(text, 'iso');
  if (milliseconds === undefined)
    throw new InvalidArgumentError('Give a time such as 2026-11-21 or 2026-11-21T09:30:00Z.');
  return new Date(milliseconds).toISOString();
};

export const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`Give a whole number ${range}.`);
  };

/** An amount such as 12.00 in minor units of its currency. */
export function money(text: string, currency: string): { readonly amount: number; readonly currency: string } {
  const digits = currencyDigits(currency);
  if (digits === undefined) throw usageError(`${currency} is no currency. Give one such as USD or EUR.`);
  const matched = /^\d{1,12}(?:\.(\d+))?$/.exec(text);
  if (!matched || (matched[1] ?? '').length > digits)
    throw usageError(`Give an amount of ${currency} with at most ${digits} decimals, such as 12.`);
  return { amount: ratePrice(1, text, digits), currency };
}

export const path = (organizationId: string, rest: string): string =>
  `/v1/organizations/${encodeURIComponent(organizationId)}${rest}`;
