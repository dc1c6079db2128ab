import { currencyDigits } from '@tallystick/domain/kernel';
import type { Currency, LimitDefinition, PlanPeriod, PlanTerm, Price } from '../catalog';
import { currencyCode, decimal, flag, identifier, oneOf, text, whole } from './scalars';
import { listById, mapOf, object, optional, required, withDefault } from './read';
import type { FieldReader } from './read';

export type Currencies = ReadonlyMap<string, Currency>;

export const currencies: FieldReader<Currencies> = mapOf(currencyCode, (code) => {
  const read = object({ tax: required(oneOf('included', 'excluded')), digits: optional(whole(0, 4)) });
  return (value, place) => {
    const entry = read(value, place);
    if (entry === undefined) return undefined;
    const digits = currencyDigits(code);
    if (digits === undefined) return place.refuse('is not a currency of ISO 4217 with decimal units');
    if (entry.digits !== undefined && entry.digits !== digits)
      return place.at('digits').refuse(`must be ${digits}, the decimals of ${code}: it can be left out`);
    return { code, digits, taxIncluded: entry.tax === 'included' };
  };
});

/** A mapping by currency. Amounts are read with the decimals of their currency. */
export function byCurrency<T>(
  known: Currencies | undefined,
  read: (currency: Currency) => FieldReader<T>,
): FieldReader<ReadonlyMap<string, T>> {
  return mapOf(currencyCode, (code) => {
    const currency = known?.get(code);
    if (currency !== undefined) return read(currency);
    return (_, place) =>
      known === undefined ? undefined : place.refuse(`is no currency of this catalog: add it to currencies`);
  });
}

function prices(known: Currencies | undefined): FieldReader<ReadonlyMap<string, Price>> {
  return byCurrency(known, ({ code, digits, taxIncluded }) => {
    const example = digits === 0 ? '30' : `29.${'9'.repeat(digits)}`;
    const read = decimal(digits, example);
    return (value, place) => {
      const amount = read(value, place);
      if (amount === 0) return place.refuse('must be above zero: leave prices out for what is free');
      return amount === undefined ? undefined : { currency: code, amount, taxIncluded };
    };
  });
}

const MAX_PERIOD_DAYS = 1096;
const MONTHLY: PlanPeriod = { unit: 'month', length: 1 };

const readPeriod = object({ months: optional(whole(1)), days: optional(whole(1, MAX_PERIOD_DAYS)) });
const period: FieldReader<PlanPeriod> = (value, place) => {
  const entry = readPeriod(value, place);
  if (entry === undefined) return undefined;
  const { months, days } = entry;
  if (months !== undefined && months > 1)
    return place.at('months').refuse('must be 1: a period is one month or a number of days');
  if (months !== undefined && days === undefined) return { unit: 'month', length: months };
  if (days !== undefined && months === undefined) return { unit: 'day', length: days };
  return place.refuse('must be either months or days');
};

const term: FieldReader<PlanTerm> = object({
  days: required(whole(1, MAX_PERIOD_DAYS)),
  from: required(oneOf('payment')),
});

const UNLIMITED = 'unlimited';

/** `unlimited` is Infinity until the plan is built. */
const planLimit: FieldReader<number> = (value, place) => {
  if (value === UNLIMITED) return Infinity;
  return isWhole(value) ? value : place.refuse('must be a whole number ≥ 0 or unlimited');
};
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

export function plans(known: Currencies | undefined) {
  return listById(
    object({
      id: required(identifier),
      name: optional(text),
      credits: required(whole()),
      period: withDefault(period, MONTHLY),
      term: optional(term),
      prices: withDefault(prices(known), new Map<string, Price>()),
      limits: withDefault(
        mapOf(identifier, () => planLimit),
        new Map<string, number>(),
      ),
    }),
  );
}
export type PlanEntry = NonNullable<ReturnType<ReturnType<typeof plans>>>[number];

export function topUps(known: Currencies | undefined) {
  return listById(
    object({
      id: required(identifier),
      name: optional(text),
      credits: required(whole(1)),
      prices: required(prices(known)),
    }),
  );
}
export type TopUpEntry = NonNullable<ReturnType<ReturnType<typeof topUps>>>[number];

const readLimit = object({
  scope: required(oneOf('organization', 'project')),
  kind: required(oneOf('counter', 'gauge')),
  per: optional(oneOf('period')),
  counts: optional(oneOf('reservations')),
  blocksJobs: optional(flag),
  unit: optional(text),
  bytesPerUnit: optional(whole(1, Number.MAX_SAFE_INTEGER)),
});

export const limits: FieldReader<ReadonlyMap<string, LimitDefinition>> = mapOf(identifier, (id) => (value, place) => {
  if (id === 'maxCredits') return place.refuse('is no limit: it is the credits of each plan, and refuses nothing');
  const entry = readLimit(value, place);
  if (entry === undefined) return undefined;
  const isCounter = entry.kind === 'counter';
  if (isCounter && entry.per === undefined) return place.refuse('must say per: period, since it is a counter');
  if (!isCounter && entry.per !== undefined)
    return place.at('per').refuse('fits a counter only: a gauge has no period');
  if (!isCounter && entry.counts !== undefined) return place.at('counts').refuse('fits a counter only');
  if (entry.counts !== undefined && entry.blocksJobs !== undefined)
    return place.at('blocksJobs').refuse('fits a reported limit only: one that counts jobs blocks them anyway');
  return { id, ...entry };
});
