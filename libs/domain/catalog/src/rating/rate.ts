import type { Catalog, Operation, Surcharge } from '../catalog';
import type { FieldProblem, JobSpec, Rated, Rating, RatingSurcharge, Usage } from './rating';
import { nearest } from '@tallystick/domain/kernel';
import { countUnits, problem, tooManyPages } from './usage';

/** Limits the work for invalid input. */
const MAX_FEATURES = 50;
const NO_SURCHARGES: readonly RatingSurcharge[] = Object.freeze([]);

/** Calculates the credits of a job from its usage and features, or returns all problems. */
export function rate(catalog: Catalog, job: JobSpec): Rated {
  const excess = tooManyPages(catalog, job.usage);
  if (excess !== undefined) return { ok: false, problems: [excess], code: 'too_many_pages' };
  const problems: FieldProblem[] = [];
  const operation = operationOf(catalog, job.operation, problems);
  if (operation === undefined) return { ok: false, problems };
  const { id, unit, credits, maxFiles, pageRules } = operation;
  const surcharges = surchargesOf(operation, job.features, problems);
  const rules = { unit, pageRules, maxFiles, minPages: 1 };
  const units = countUnits(rules, job.usage, problems);
  return rated(
    catalog,
    { catalog: catalog.reference, operation: id, unit, unitCredits: credits, surcharges },
    units,
    problems,
  );
}

/**
 * Rates the actual usage of a job at the recorded prices of its reservation. Without a usage, the reserved units count. A usage
 * without the operation's unit is refused. Unlike at submission, zero pages and any number of files are valid: the work is done,
 * fewer pages lead to a refund, more to a surplus.
 */
export function rateActual(catalog: Catalog, reserved: Rating, usage: Usage | undefined): Rated {
  const { unit, operation } = reserved;
  if (usage == null) return { ok: true, rating: reserved };
  const excess = tooManyPages(catalog, usage);
  if (excess !== undefined) return { ok: false, problems: [excess], code: 'too_many_pages' };
  if (unit === 'request') return { ok: true, rating: reserved };
  // For an operation that a later catalog does not have, the reported pages count.
  const pageRules = catalog.operations.get(operation)?.pageRules;
  const rules = { unit, pageRules, maxFiles: Infinity, minPages: 0 };
  const problems: FieldProblem[] = [];
  const units = countUnits(rules, usage, problems);
  return rated(catalog, reserved, units, problems);
}

type Pricing = Omit<Rating, 'units' | 'credits'>;

function rated(catalog: Catalog, pricing: Pricing, units: number, problems: FieldProblem[]): Rated {
  if (problems.length > 0) return { ok: false, problems };
  const { catalog: reference, operation, unit, unitCredits, surcharges } = pricing;
  let perUnit = unitCredits;
  for (const surcharge of surcharges) perUnit += surcharge.unitCredits;
  const credits = units * perUnit;
  if (credits > catalog.maxCreditsPerJob)
    return { ok: false, problems: [tooLarge(catalog, unit, credits)], code: 'too_many_credits' };
  return {
    ok: true,
    rating: { catalog: reference, operation, unit, units, unitCredits, surcharges, credits },
  };
}

function operationOf(catalog: Catalog, named: unknown, problems: FieldProblem[]): Operation | undefined {
  const id = named ?? catalog.defaultOperation;
  const operation = typeof id === 'string' ? catalog.operations.get(id) : undefined;
  if (operation !== undefined) return operation;
  const known = [...catalog.operations.keys()];
  problems.push(
    id === undefined
      ? problem('operation', 'required', `Name an operation: one of ${known.join(', ')}.`)
      : problem('operation', 'unknown', `This is no operation of the catalog. ${choice(id, known)}`),
  );
  return undefined;
}

function surchargesOf(operation: Operation, features: unknown, problems: FieldProblem[]): readonly RatingSurcharge[] {
  if (features === undefined || features === null) return NO_SURCHARGES;
  if (!Array.isArray(features)) {
    problems.push(problem('features', 'type', 'Give features as a list of names.'));
    return NO_SURCHARGES;
  }
  if (features.length === 0) return NO_SURCHARGES;
  if (features.length > MAX_FEATURES) {
    problems.push(problem('features', 'max', `Give at most ${MAX_FEATURES} features.`));
    return NO_SURCHARGES;
  }
  const charged: Surcharge[] = [];
  for (let index = 0; index < features.length; index++) {
    const surcharge = surchargeOf(operation, features, index, problems);
    if (surcharge !== undefined) charged.push(surcharge);
  }
  return operation.surcharges
    .filter((s) => charged.includes(s))
    .map((s) => ({ feature: s.id, unitCredits: s.credits }));
}

function surchargeOf(
  operation: Operation,
  features: unknown[],
  index: number,
  problems: FieldProblem[],
): Surcharge | undefined {
  const feature = features[index];
  const surcharge = typeof feature === 'string' ? operation.features.get(feature) : undefined;
  if (surcharge === undefined) {
    problems.push(unknownFeature(operation, feature, index));
  } else if (features.indexOf(feature) < index) {
    problems.push(problem(`features[${index}]`, 'duplicate', 'This feature is listed before: name it once.'));
  }
  return surcharge;
}

function unknownFeature(operation: Operation, feature: unknown, index: number): FieldProblem {
  const known = [...operation.features.keys()];
  const next = known.length === 0 ? 'It has none: leave features out.' : choice(feature, known);
  return problem(`features[${index}]`, 'unknown', `This is no feature of ${operation.id}. ${next}`);
}

function choice(given: unknown, known: readonly string[]): string {
  const meant = nearest(given, known);
  return `${meant === undefined ? '' : `Did you mean "${meant}"? `}Use one of: ${known.join(', ')}.`;
}

function tooLarge(catalog: Catalog, unit: Rating['unit'], credits: number): FieldProblem {
  const field = unit === 'page' ? 'usage.pages' : unit === 'file' ? 'usage.files' : 'operation';
  return problem(
    field,
    'max',
    `The job comes to ${credits} credits, a job may take ${catalog.maxCreditsPerJob} (maxCreditsPerJob of the catalog): split it into several jobs.`,
  );
}
