import { check, invalidInput, Problem, type ProblemResult } from '@tallystick/contracts/http';
import { OutcomesDto, SubmitBatchDto } from '@tallystick/contracts/intake';
import { problemResult } from './responses';
import type { IntakeSettings } from './settings';

const BATCHES = { jobs: SubmitBatchDto, outcomes: OutcomesDto } as const;

export const isBatch = (body: unknown): body is { readonly jobs: unknown } =>
  typeof body === 'object' && body !== null && 'jobs' in body;

/** The unchecked entries of a batch body. Throws a Problem, also for more entries than TALLY_MAX_BATCH. */
export function entriesOf(
  body: unknown,
  field: keyof typeof BATCHES,
  { batchSize }: Pick<IntakeSettings, 'batchSize'>,
): readonly unknown[] {
  const members = typeof body === 'object' && !Array.isArray(body) ? (body ?? {}) : {};
  const checked = check<Partial<Record<typeof field, readonly unknown[]>>>(BATCHES[field], members);
  if (!checked.ok) throw invalidInput(checked.errors);
  const entries = checked.value[field]!;
  if (entries.length <= batchSize) return entries;
  throw invalidInput([{ field, rule: 'list', message: `Give a list of 1 to ${batchSize} entries.` }]);
}

/** How a batch is processed. `read` and `respond` may throw a Problem, which becomes the result of that entry. */
export interface BatchSteps<Item, Reply, Result> {
  readonly read: (entry: unknown) => Item;
  /** Called once, with all items that could be read. Replies in their order. */
  readonly send: (items: readonly Item[]) => Promise<readonly Reply[]>;
  readonly respond: (item: Item, reply: Reply) => Result;
  /** The id in a problem; that of the entry by default. */
  readonly jobId?: (entry: unknown) => string | undefined;
}

/** A result for each entry in its place. An entry that fails does not affect the others. */
export async function processBatch<Item, Reply, Result>(
  entries: readonly unknown[],
  { read, send, respond, jobId = idOf }: BatchSteps<Item, Reply, Result>,
): Promise<readonly (Result | ProblemResult)[]> {
  const items = entries.map((entry) => orProblem(() => read(entry)));
  const valid = items.filter((item): item is Awaited<Item> => !(item instanceof Problem));
  const replies = valid.length === 0 ? [] : await send(valid);
  let next = 0;
  return items.map((item, index) => {
    const result = item instanceof Problem ? item : orProblem(() => respond(item, replies[next++]!));
    return result instanceof Problem ? problemResult(result, jobId(entries[index])) : result;
  });
}

function orProblem<Value>(get: () => Value): Value | Problem {
  try {
    return get();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** The id of an unchecked entry. */
function idOf(entry: unknown): string | undefined {
  const { id } = (typeof entry === 'object' && entry !== null ? entry : {}) as { id?: unknown };
  return typeof id === 'string' && id.length <= 128 ? id : undefined;
}
