import {
  decimalText,
  millisecondsOf,
  prorate,
  SECOND,
  wholeSecond,
  type Instant,
  type Period,
} from '@tallystick/domain/kernel';
import type { SoldTerms } from '../subscription/events';
import type { InvoiceLine } from './lines';

/** Whole seconds of a period. */
export interface PeriodFraction {
  readonly left: number;
  readonly of: number;
}

const secondsBetween = (start: Instant, end: Instant): number =>
  Math.floor((millisecondsOf(end) - millisecondsOf(start)) / SECOND);

/** The rest of a period, from the whole second of `at`. */
export const fractionLeft = ({ start, end }: Period, at: Instant): PeriodFraction => ({
  left: Math.max(0, secondsBetween(wholeSecond(at), end)),
  of: secondsBetween(start, end),
});

/** Credits for the rest of the period: the share of the difference between the packages. */
export const proratedCredits = (from: SoldTerms, to: SoldTerms, { left, of }: PeriodFraction): number =>
  Math.max(0, prorate(to.credits - from.credits, left, of));

/** The unused part of the old plan, and the same part of the new one. Each amount is rounded on its own. */
export function prorationLines(
  from: SoldTerms,
  to: SoldTerms,
  fraction: PeriodFraction,
  period: Period,
): readonly InvoiceLine[] {
  const { left, of } = fraction;
  const share = `${left} of ${of} seconds of the period`;
  const line = (terms: SoldTerms, description: string, amount: number): InvoiceLine => ({
    kind: 'proration',
    description: `${terms.name}: ${description}, ${share}`,
    quantity: 1,
    unitPrice: decimalText(terms.price),
    amount,
    period,
    plan: terms.plan,
  });
  return [
    line(from, 'unused', -prorate(from.price.amount, left, of)),
    {
      ...line(to, 'rest', prorate(to.price.amount, left, of)),
      credits: proratedCredits(from, to, fraction),
    },
  ].map((one) => ({ ...one, amount: one.amount === 0 ? 0 : one.amount }));
}
