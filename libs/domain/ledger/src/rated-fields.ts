import type { Usage } from '@tallystick/domain/catalog';
import type { Outcome } from './events';

/** A usage in one form, without the names of files: what is stored, and what tells one job from another. Trusts no type. */
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

/** A set: their order says nothing. */
export const ratedFeatures = (features: unknown): readonly string[] | undefined =>
  Array.isArray(features) && features.length > 0 ? [...(features as string[])].sort() : undefined;

export const ratedOutcome = (outcome: Outcome): Outcome =>
  outcome.kind === 'completed'
    ? { kind: 'completed', usage: ratedUsage(outcome.usage) }
    : { kind: 'failed', reason: outcome.reason };

/** Of plain data whose members stand in the same order; a member that is undefined is one that is not there. */
export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
