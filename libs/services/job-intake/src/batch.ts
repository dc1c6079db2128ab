import { check, invalidInput } from '@tallystick/contracts/http';
import { OutcomesDto, SubmitBatchDto } from '@tallystick/contracts/intake';

export const isBatch = (body: unknown): body is { readonly jobs: unknown } =>
  typeof body === 'object' && body !== null && 'jobs' in body;

/** The jobs of a batch, not looked at yet: each is checked and answered alone, by the compiled check. Throws a Problem. */
export const batchOf = (body: unknown): readonly unknown[] => entriesOf(body, 'jobs');

const BATCHES = { jobs: SubmitBatchDto, outcomes: OutcomesDto } as const;

/** The same for a batch of other things, in the member `field`. */
export function entriesOf(body: unknown, field: keyof typeof BATCHES): readonly unknown[] {
  const members = typeof body === 'object' && !Array.isArray(body) ? (body ?? {}) : {};
  const checked = check<Partial<Record<typeof field, readonly unknown[]>>>(BATCHES[field], members);
  if (!checked.ok) throw invalidInput(checked.errors);
  return checked.value[field]!;
}

/** Of an entry that is not checked yet, for its answer. */
export const idOf = (entry: unknown): string | undefined => {
  const { id } = (typeof entry === 'object' && entry !== null ? entry : {}) as { id?: unknown };
  return typeof id === 'string' && id.length <= 128 ? id : undefined;
};
