import { plural } from '@tallystick/domain/kernel';
import { invalidInput, type FieldError } from './problems';
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

/** Throws a Problem where `from` lies behind `to`: no list has anything there. An interval of no length is empty, not wrong. */
export function assertOrder({ from, to }: { readonly from?: string; readonly to?: string }): void {
  if (from === undefined || to === undefined || Date.parse(from) <= Date.parse(to)) return;
  const message = 'Give a time that is not later than `to`, the first instant that is no longer meant.';
  throw invalidInput([{ field: 'from', rule: 'order', message }]);
}
