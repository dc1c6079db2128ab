import { AFTER_DUNNING, REVERSE_CHARGE, UPGRADES } from '../catalog';
import type { Dunning, Links, MinimumCharges, Seller } from '../catalog';
import { listOf, mapOf, object, optional, required, withDefault } from './read';
import type { FieldReader } from './read';
import { byCurrency } from './read-plans';
import type { Currencies } from './read-plans';
import {
  countryCode,
  decimal,
  emailAddress,
  invoicePrefix,
  oneOf,
  percentage,
  text,
  webAddress,
  whole,
} from './scalars';

const DEFAULT_MONEY_BACK_DAYS = 14;
const DEFAULT_GRACE_HOURS = 24;
/** Bank debits take days. */
const MAX_GRACE_HOURS = 14 * 24;

const links: FieldReader<Links> = object({
  billingUrl: required(webAddress),
  refundPolicyUrl: optional(webAddress),
  supportEmail: optional(emailAddress),
  salesEmail: optional(emailAddress),
  privacyEmail: optional(emailAddress),
});

const readRetries = listOf(whole(1, 90));
const retryAfterDays: typeof readRetries = (value, place) => {
  const days = readRetries(value, place);
  const wrong = days?.findIndex((day, index) => day <= (days[index - 1] ?? 0)) ?? -1;
  return wrong === -1 ? days : place.at(wrong).refuse('must be later than the retry before it');
};
const STANDARD_DUNNING: Dunning = { retryAfterDays: [1, 3, 5, 7] };
const dunning: FieldReader<Dunning> = object({ retryAfterDays: required(retryAfterDays) });

const seller: FieldReader<Seller> = object({
  name: required(text),
  address: required(text),
  country: required(countryCode),
  vatId: optional(text),
  register: optional(text),
  email: optional(emailAddress),
  footer: optional(text),
});

const taxRates = object({ seller: required(countryCode), rates: required(mapOf(countryCode, () => percentage)) });

const minimumCharge = (known: Currencies | undefined): FieldReader<MinimumCharges> =>
  byCurrency(known, ({ digits }) => decimal(digits, digits === 0 ? '50' : '0.50'));

/** The keys of selling: links, what an upgrade is, payments that fail, seller, invoices and tax. */
export const sellingShape = (known: Currencies | undefined) => ({
  links: required(links),
  moneyBackDays: withDefault(whole(0, 365), DEFAULT_MONEY_BACK_DAYS),
  upgrade: withDefault(oneOf(...UPGRADES), 'prorate' as const),
  renewalGraceHours: withDefault(whole(0, MAX_GRACE_HOURS), DEFAULT_GRACE_HOURS),
  dunning: withDefault(dunning, STANDARD_DUNNING),
  afterDunning: withDefault(oneOf(...AFTER_DUNNING), 'suspend' as const),
  seller: optional(seller),
  invoicePrefix: optional(invoicePrefix),
  tax: optional(taxRates),
  reverseCharge: withDefault(oneOf(...REVERSE_CHARGE), 'keepGross' as const),
  minimumCharge: withDefault(minimumCharge(known), new Map() as MinimumCharges),
});
