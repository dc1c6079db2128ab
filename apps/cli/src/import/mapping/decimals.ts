import Big from 'big.js';

export const DECIMAL_SIGNS = ['.', ','] as const;
export type DecimalSign = (typeof DECIMAL_SIGNS)[number];

export const ROUNDINGS = ['up', 'down', 'nearest'] as const;
export type Rounding = (typeof ROUNDINGS)[number];

/** Limit of digits, so that arithmetic on a very long text cannot block. */
const MOST_DIGITS = 60;

/** Parses a decimal number exactly, without exponent, hexadecimal or thousands separators. */
export function decimalOf(text: string, sign: DecimalSign = '.'): Big | undefined {
  const [, minus, whole = '', fraction = ''] = /^([+-]?)(\d*)(?:[.,](\d+))?$/.exec(text) ?? [];
  const other = sign === '.' ? ',' : '.';
  if (minus === undefined || whole + fraction === '' || text.includes(other)) return undefined;
  if (whole.length + fraction.length > MOST_DIGITS) return undefined;
  return new Big(`${minus === '-' ? '-' : ''}${whole || '0'}.${fraction || '0'}`);
}

/** Integer division that truncates towards zero. */
const Whole = Big();
Whole.DP = 0;
Whole.RM = Big.roundDown;

const ZERO = new Big(0);

/**
 * dividend ÷ divisor, rounded to a whole number. Undefined without a rounding if it is not one. The divisor is
 * positive.
 */
export function wholeQuotient(dividend: Big, divisor: Big, rounding: Rounding | undefined): Big | undefined {
  const cut = new Whole(dividend).div(divisor);
  const rest = dividend.minus(cut.times(divisor));
  if (rest.eq(ZERO)) return cut;
  const awayFromZero = cut.plus(rest.gt(ZERO) ? 1 : -1);
  switch (rounding) {
    case undefined:
      return undefined;
    case 'up':
      return rest.gt(ZERO) ? awayFromZero : cut;
    case 'down':
      return rest.gt(ZERO) ? cut : awayFromZero;
    case 'nearest':
      return rest.abs().times(2).gte(divisor) ? awayFromZero : cut;
  }
}

/** The value as a JavaScript number; undefined if that is not exact. */
export function safeInteger(value: Big): number | undefined {
  const number = Number(value.toFixed());
  return Number.isSafeInteger(number) ? number + 0 : undefined;
}
