import { didYouMean } from '@tallystick/domain/kernel';
import type { Catalog } from '../catalog';
import type { FieldProblem } from './rating';
import { problem } from './usage';

/** The problem of a usage report whose limit is not in the catalog, is counted by reservations, or needs a project. */
export function unreported(
  { limits }: Pick<Catalog, 'limits'>,
  { limit, projectId }: { readonly limit: string; readonly projectId?: string | null },
): FieldProblem | undefined {
  const definition = limits.get(limit);
  if (definition && definition.counts !== 'reservations')
    return definition.scope === 'project' && projectId == null
      ? problem('projectId', 'required', `Limit ${limit} is counted per project: name the project.`)
      : undefined;
  const known = [...limits.values()].flatMap(({ id, counts }) => (counts === 'reservations' ? [] : [id]));
  const choice = known.length === 0 ? 'it has none' : `use one of: ${known.join(', ')}`;
  const meant = didYouMean(limit, known);
  return problem('limit', 'reported', `The catalog has no limit ${limit} that is reported${meant || `; ${choice}.`}`);
}
