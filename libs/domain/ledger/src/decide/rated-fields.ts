import { fileTypeOf, type Catalog, type Unit, type Usage } from '@tallystick/domain/catalog';
import type { Outcome } from '../events';

/** A usage in canonical form and without file names, as it is stored and compared. Accepts input of any type. */
export function ratedUsage(usage: Usage | null | undefined): Usage | undefined {
  const pages = usage?.pages ?? undefined;
  const files: unknown = usage?.files ?? undefined;
  if (pages === undefined && files === undefined) return undefined;
  return { pages, files: Array.isArray(files) ? files.map(ratedFile) : (files as undefined) };
}

const ratedFile = (file: { type?: string; pages?: number } | null | undefined) => ({
  type: file?.type as string,
  pages: file?.pages ?? undefined,
});

/** Sorted, because features are a set. */
export const ratedFeatures = (features: unknown): readonly string[] | undefined =>
  Array.isArray(features) && features.length > 0 ? [...(features as string[])].sort() : undefined;

/** Compares features as sets: stored and submitted lists may name one twice. */
export const isSameFeatures = (a: unknown, b: unknown): boolean =>
  isSame(ratedFeatures([...setOf(a)]), ratedFeatures([...setOf(b)]));
const setOf = (features: unknown) => new Set(Array.isArray(features) ? (features as string[]) : []);

/** True for the same total and the same files in any order, each by its file type in the catalog and its pages. */
export function isSameUsage(catalog: Catalog, a: Usage | undefined, b: Usage | undefined): boolean {
  if (isSame(a, b)) return true;
  if (a === undefined || b === undefined) return false;
  return isSame(countedUsage(catalog, a), countedUsage(catalog, b));
}

function countedUsage(catalog: Catalog, { pages, files }: Usage) {
  if (!Array.isArray(files)) return { total: pages ?? 0, files: files ?? [] };
  const counted = (files as Usage['files'] & object).map((file) => {
    const type = fileTypeOf(catalog, file?.type);
    return { id: type.id, pages: type.pages === 'given' ? (file?.pages ?? 0) : type.pages };
  });
  const total = pages ?? counted.reduce((sum, file) => sum + file.pages, 0);
  return { total, files: counted.map((file) => JSON.stringify(file)).sort() };
}

/** False if the usage of an outcome lacks the unit of the job's operation. */
export const isCountable = (outcome: Outcome, unit: Unit): boolean =>
  outcome.kind === 'failed' || outcome.usage === undefined || outcome.usage.files != null || unit !== 'file';

export const ratedOutcome = (outcome: Outcome): Outcome =>
  outcome.kind === 'completed'
    ? { kind: 'completed', usage: ratedUsage(outcome.usage) }
    : { kind: 'failed', reason: outcome.reason };

/** Compares plain data with members in the same order. An undefined member equals a missing one. */
export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
