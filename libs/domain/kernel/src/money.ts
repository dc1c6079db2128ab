import Big from 'big.js';
import { add, dinero, toDecimal, toSnapshot, type Dinero, type DineroCurrency } from 'dinero.js';
import * as currencies from 'dinero.js/currencies';

/** An amount in minor units (cents) of a currency. */
export interface Money {
  /** ISO 4217: `USD`. */
  readonly currency: string;
  /** An integer. */
  readonly amount: number;
}

/** Exact decimals. A quotient is rounded once, to a whole number, half away from zero. */
const Exact = Big();
Exact.DP = 0;
Exact.RM = Big.roundHalfUp;

/** Decimals of the minor unit by ISO 4217: 2 for USD, 0 for JPY, 3 for KWD. Undefined for other codes and non-decimal units. */
export function currencyDigits(code: string): number | undefined {
  const currency = currencyOf(code);
  return currency?.base === 10 ? currency.exponent : undefined;
}

/** The price of a quantity at an exact decimal price in the major unit, in minor units: 1,001 × "0.0330" at 2 digits is 3303. */
export const ratePrice = (quantity: number, unitPrice: string, digits: number): number =>
  wholeNumber(
    new Exact(quantity)
      .times(unitPrice)
      .times(10 ** digits)
      .round(),
  );

/** `amount × part ÷ whole`, for minor units and for credits. */
export function prorate(amount: number, part: number, whole: number): number {
  return wholeNumber(new Exact(amount).times(part).div(whole));
}

/** The tax to add to a net amount. The rate is a percentage as decimal text: "19", "5.5". */
export const taxOn = (net: number, rate: string): number => wholeNumber(new Exact(net).times(rate).div(100));

/** The tax contained in a gross amount. */
export const taxIn = (gross: number, rate: string): number =>
  wholeNumber(new Exact(gross).times(rate).div(new Exact(rate).plus(100)));

/** The sum of amounts in one currency. Throws for another currency. */
export function sumMoney(currency: string, amounts: readonly Money[]): Money {
  const total = amounts.reduce((sum, money) => add(sum, dineroOf(money)), dineroOf({ currency, amount: 0 }));
  return { currency, amount: wholeNumber(new Exact(toSnapshot(total).amount)) };
}

/** The amount in the major unit, with the decimals of the currency: 2999 USD is "29.99", 5000 JPY is "5000". */
export const decimalText = (money: Money): string => toDecimal(dineroOf(money));

function dineroOf({ currency, amount }: Money): Dinero<number> {
  const known = currencyOf(currency);
  if (known === undefined) throw new RangeError(`"${currency}" is not a currency of ISO 4217`);
  return dinero({ amount, currency: known });
}

const currencyOf = (code: string): DineroCurrency<number> | undefined =>
  Object.hasOwn(currencies, code) ? currencies[code as keyof typeof currencies] : undefined;

function wholeNumber(value: Big): number {
  const amount = value.toNumber();
  if (!Number.isSafeInteger(amount)) throw new RangeError(`amount beyond exact integers: ${value.toFixed()}`);
  // Not -0, which differs from 0 in comparisons by value.
  return amount === 0 ? 0 : amount;
}
