import type { Overage, Tier, TierTable } from '../catalog';
import { UNIT_PRICE_DECIMALS } from '../rating/overage';
import { byCurrency } from './read-plans';
import type { Currencies } from './read-plans';
import { flag, decimal, whole } from './scalars';
import { listOf, object, optional, required, withDefault } from './read';
import type { FieldReader } from './read';

const MAX_TIER_CREDITS = 1_000_000_000_000;

const listTiers = listOf(
  object({
    upTo: optional(whole(1, MAX_TIER_CREDITS)),
    price: required(decimal(UNIT_PRICE_DECIMALS, '0.0330')),
  }),
  1,
);

/** Each tier starts at the end of the previous one, so only the order and the open end are checked. */
const tiers: FieldReader<readonly Tier[]> = (value, place) => {
  const entries = listTiers(value, place);
  if (entries === undefined) return undefined;
  const before = place.problemCount;
  entries.forEach(({ upTo }, index) => {
    const isLast = index === entries.length - 1;
    const floor = entries[index - 1]?.upTo ?? 0;
    if (isLast && upTo !== undefined)
      place.at(index, 'upTo').refuse(`must be left out on the last tier: credits beyond ${upTo} would have no price`);
    if (!isLast && upTo === undefined) place.at(index).refuse('must say upTo: only the last tier is open');
    if (upTo !== undefined && upTo <= floor)
      place.at(index, 'upTo').refuse(`must be above ${floor}, where the tier before ends`);
  });
  const read = entries.map(({ upTo, price }) =>
    upTo === undefined ? { unitPrice: price } : { upTo, unitPrice: price },
  );
  return place.problemCount === before ? read : undefined;
};

const readLimitPerPeriod = object({
  start: required(whole(1)),
  raisePercent: required(whole(0, 1000)),
  max: required(whole(1)),
});

const limitPerPeriod: typeof readLimitPerPeriod = (value, place) => {
  const limit = readLimitPerPeriod(value, place);
  if (limit === undefined || limit.start <= limit.max) return limit;
  return place.at('start').refuse(`must not be above max, which is ${limit.max}`);
};

export function overage(known: Currencies | undefined): FieldReader<Overage> {
  const tierTable = byCurrency<TierTable>(known, ({ code, digits }) => (value, place) => {
    const read = tiers(value, place);
    return read && { currency: code, digits, tiers: read };
  });
  return object({
    payAsYouGo: withDefault(flag, true),
    autoOverage: withDefault(flag, true),
    limitPerPeriod: required(limitPerPeriod),
    tiers: required(tierTable),
  });
}
