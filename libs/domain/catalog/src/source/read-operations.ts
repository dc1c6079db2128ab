import type { FileType, FirstCardTrial, FirstUseTrial, GrantKind, PageRule, Trial } from '../catalog';
import { GRANT_KINDS, UNITS } from '../catalog';
import { isMapping, listById, listOf, object, optional, refuseRepeats, required, withDefault } from './read';
import type { FieldReader, ObjectValue } from './read';
import { fileTypeName, flag, identifier, oneOf, text, whole } from './scalars';

const MAX_UNIT_CREDITS = 1_000_000;
export const MAX_TIMEOUT_SECONDS = 35 * 24 * 3600;
const DEFAULT_MAX_FILES = 1000;

const operationShape = {
  id: required(identifier),
  name: optional(text),
  unit: required(oneOf(...UNITS)),
  credits: required(whole(0, MAX_UNIT_CREDITS)),
  maxFiles: withDefault(whole(1, DEFAULT_MAX_FILES), DEFAULT_MAX_FILES),
  reservationTimeoutSeconds: optional(whole(1, MAX_TIMEOUT_SECONDS)),
};
export type OperationEntry = ObjectValue<typeof operationShape>;
export const operations = listById(object(operationShape), 1);

const surchargeShape = {
  id: required(identifier),
  credits: required(whole(0, MAX_UNIT_CREDITS)),
  features: required(listOf(identifier, 1)),
  operations: optional(listOf(identifier, 1)),
};
export type SurchargeEntry = ObjectValue<typeof surchargeShape>;
export const surcharges = listById(object(surchargeShape));

const pageRule: FieldReader<PageRule> = (value, place) => (value === 'given' ? value : readFixedPages(value, place));
const readFixedPages: FieldReader<number> = (value, place) =>
  typeof value === 'number'
    ? whole(1, 1000)(value, place)
    : place.refuse('must be given, or a whole number of pages ≥ 1');

const listFileTypes = listById(
  object({
    id: required(fileTypeName),
    pages: required(pageRule),
    aliases: withDefault(listOf(fileTypeName), []),
  }),
);

/** Each id and alias may be used for one type only. */
export const fileTypes: FieldReader<readonly FileType[]> = (value, place) => {
  const types = listFileTypes(value, place);
  if (types === undefined) return undefined;
  const before = place.problemCount;
  const owner = new Map(types.map(({ id }) => [id, id]));
  types.forEach(({ id, aliases }, index) =>
    aliases.forEach((alias, number) => {
      const other = owner.get(alias);
      if (other !== undefined) place.at(index, 'aliases', number).refuse(`already stands for the file type ${other}`);
      owner.set(alias, id);
    }),
  );
  return place.problemCount === before ? types : undefined;
};

const firstUseTrial: FieldReader<FirstUseTrial> = object({
  on: required(oneOf('first-use')),
  operation: required(identifier),
  credits: required(whole(1)),
  expiresOnPlan: withDefault(flag, true),
});
const firstCardTrial: FieldReader<FirstCardTrial> = object({
  on: required(oneOf('first-card')),
  credits: required(whole(1)),
  expiresOnPlan: withDefault(flag, false),
  oncePerCard: withDefault(flag, true),
});
const trial: FieldReader<Trial> = (value, place) => {
  const on = isMapping(value) ? value['on'] : undefined;
  if (on === 'first-card') return firstCardTrial(value, place);
  if (on === 'first-use' || !isMapping(value)) return firstUseTrial(value, place);
  return oneOf('first-use', 'first-card')(on, place.at('on')) && undefined;
};
export const trials = listOf(trial);

const grantKinds = listOf(oneOf(...GRANT_KINDS));

/** Pay-as-you-go must be last: it always succeeds, so kinds after it would never be drawn. */
export const burnDownOrder: FieldReader<readonly GrantKind[]> = (value, place) => {
  const kinds = grantKinds(value, place);
  if (kinds === undefined) return undefined;
  const before = place.problemCount;
  refuseRepeats(kinds, place);
  const missing = GRANT_KINDS.filter((kind) => !kinds.includes(kind));
  if (missing.length > 0) place.refuse(`must name every kind of grant once: ${missing.join(', ')} is missing`);
  if (missing.length === 0 && kinds.at(-1) !== 'pay-as-you-go') place.refuse('must end with pay-as-you-go');
  return place.problemCount === before ? kinds : undefined;
};
