import type { RequestedCharge, ScriptedOutcome } from '@tallystick/contracts/billing';
import type { Instant } from '@tallystick/domain/kernel';

/** The outcomes of the next charges of an organization. */
export interface PaymentScript {
  readonly next: readonly ScriptedOutcome[];
  /** Cards that the organization has had; the last one is on file unless it was removed. */
  readonly cards: number;
  readonly isRemoved?: true;
}

/** Every organization has one card from the start. */
export const FIRST_SCRIPT: PaymentScript = { next: [], cards: 1 };

/** A charge with its outcome, which a repetition of its request gets again. */
export interface DecidedCharge {
  readonly organizationId: string;
  readonly charge: RequestedCharge;
  readonly outcome: ScriptedOutcome | 'no_card';
  readonly at: Instant;
  /** The end of a charge that was processing or waited for the customer. */
  readonly settled?: { readonly outcome: 'paid' | 'declined'; readonly at: Instant; readonly isReported: boolean };
}

export const isWaiting = ({ outcome, settled }: DecidedCharge): boolean =>
  settled === undefined && (outcome === 'processing' || outcome === 'requires_action');

/** The outcome of the next charge, and the script after it. */
export function nextOutcome(script: PaymentScript): {
  readonly outcome: DecidedCharge['outcome'];
  readonly script: PaymentScript;
} {
  if (script.isRemoved) return { outcome: 'no_card', script };
  const [outcome = 'paid', ...next] = script.next;
  return { outcome, script: { ...script, next } };
}
