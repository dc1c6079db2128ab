import { plural } from '@tallystick/domain/kernel';
import type { FieldError } from './problems';
import type { Limits } from './tokens';

/** A producer's clock may be ahead of ours by little. How far back is the ledger's to say: it knows which jobs it still knows. */
export function checkTime(
  time: string | null | undefined,
  field: string,
  now: number,
  { occurredAtMaxAheadSeconds }: Pick<Limits, 'occurredAtMaxAheadSeconds'>,
): FieldError | undefined {
  if (time == null || Date.parse(time) <= now + occurredAtMaxAheadSeconds * 1_000) return undefined;
  const message = `Give a time that is at most ${plural(occurredAtMaxAheadSeconds, 'second')} ahead of now.`;
  return { field, rule: 'future', message };
}
