import { assertThat, BrokenInvariant, type Instant } from '@tallystick/domain/kernel';
import type { GrantKind } from '@tallystick/domain/catalog';
import type { MovementEvent, Draw, FactOf, LedgerEvent } from '../events';

/** Granted credits by state. Always: granted = available + reserved + consumed + expired + revoked. */
export interface Amounts {
  granted: number;
  available: number;
  reserved: number;
  consumed: number;
  expired: number;
  revoked: number;
}

export interface Grant extends Amounts {
  readonly grantId: string;
  readonly kind: GrantKind;
  readonly grantedAt: Instant;
  readonly scope?: readonly string[];
  readonly expiresAt?: Instant;
  graceUntil?: Instant;
  /** Set on a grant that a single job may use (pay-as-you-go, overage). */
  readonly jobId?: string;
  /** Set when the grant has expired or was revoked. Credits that are refunded to it later expire or are revoked as well. */
  ended?: 'expired' | 'revoked';
}

/**
 * An organization's credits: the totals since it was opened, the grants with available or reserved credits, and the sums of all
 * other grants by kind. Each total is the sum over `grants` and `ended`.
 */
export interface Balance extends Amounts {
  readonly grants: Map<string, Grant>;
  readonly ended: Map<GrantKind, Amounts>;
}

export const AMOUNT_NAMES = ['granted', 'available', 'reserved', 'consumed', 'expired', 'revoked'] as const;
export type CreditState = 'available' | 'reserved' | 'consumed' | 'expired' | 'revoked';

export const emptyBalance = (): Balance => ({ ...amountsOf(0), grants: new Map(), ended: new Map() });

/** The amounts of a new grant. */
export const amountsOf = (granted: number): Amounts => ({
  granted,
  available: granted,
  reserved: 0,
  consumed: 0,
  expired: 0,
  revoked: 0,
});

/** Available credits that every operation can draw. */
export function unscopedCredits(balance: Balance): number {
  let credits = 0;
  for (const grant of balance.grants.values()) if (grant.scope === undefined) credits += grant.available;
  return credits;
}

/** Folds a movement. Other events do not change a balance. */
export function evolveBalance(balance: Balance, event: LedgerEvent): Balance {
  if (event.type === 'CreditsGranted') addGrant(balance, event.data, event.metadata.recordedAt);
  if (event.type === 'GrantGraceSet') setGrace(balance, event.data);
  const end = endedGrant(event);
  const grant = end && balance.grants.get(end.grantId);
  if (grant) grant.ended = end.ended;
  eachMove(event, (grantId, credits, from, to) => move(balance, grantId, credits, from, to));
  return balance;
}

/** The time at which a grant ends by itself: its expiry, or later where it has a grace. */
export const usableUntil = ({ expiresAt, graceUntil }: Pick<Grant, 'expiresAt' | 'graceUntil'>): Instant | undefined =>
  expiresAt !== undefined && graceUntil !== undefined && graceUntil > expiresAt ? graceUntil : expiresAt;

/** The grant that the event ends. Credits that a job returns after that (`jobId`) do not end it again. */
export function endedGrant(
  event: LedgerEvent,
): { readonly grantId: string; readonly ended: 'expired' | 'revoked' } | undefined {
  if (event.type !== 'CreditsExpired' && event.type !== 'CreditsRevoked') return undefined;
  const { grantId, jobId } = event.data;
  return jobId === undefined ? { grantId, ended: ENDED_BY[event.type] } : undefined;
}

const ENDED_BY = { CreditsExpired: 'expired', CreditsRevoked: 'revoked' } as const;

type MoveVisitor = (grantId: string, credits: number, from: CreditState, to: CreditState) => void;

/** Calls `visit` for each move of credits between two states of a grant. */
export function eachMove(event: LedgerEvent, visit: MoveVisitor): void {
  const all = (draws: readonly Draw[], from: CreditState, to: CreditState) => {
    for (const { grantId, credits } of draws) visit(grantId, credits, from, to);
  };
  switch (event.type) {
    case 'CreditsReserved':
      return all(event.data.draws, 'available', 'reserved');
    case 'CreditsConsumed':
      all(event.data.draws, 'reserved', 'consumed');
      return all(event.data.surplus, 'available', 'consumed');
    case 'CreditsRefunded':
      return all(event.data.draws, 'reserved', 'available');
    case 'CreditsExpired':
    case 'CreditsRevoked':
      return visit(event.data.grantId, event.data.credits, 'available', ENDED_BY[event.type]);
    case 'CreditsGranted':
      return undefined;
    default:
      return withoutMoves(event);
  }
}

/** Does not compile for an event that moves credits. */
const withoutMoves = (_: Exclude<LedgerEvent, MovementEvent>): void => undefined;

function setGrace({ grants }: Balance, { grantId, graceUntil }: FactOf<'GrantGraceSet'>): void {
  const grant = grants.get(grantId);
  if (grant) grant.graceUntil = graceUntil;
}

function addGrant(balance: Balance, fact: FactOf<'CreditsGranted'>, grantedAt: Instant): void {
  const { grantId, kind, credits, scope, expiresAt, graceUntil, jobId } = fact;
  assertThat(!balance.grants.has(grantId), () => `grant ${grantId} is given twice`);
  balance.grants.set(grantId, { grantId, kind, grantedAt, scope, expiresAt, graceUntil, jobId, ...amountsOf(credits) });
  balance.granted += credits;
  balance.available += credits;
}

function move(balance: Balance, grantId: string, credits: number, from: CreditState, to: CreditState): void {
  const grant = balance.grants.get(grantId);
  if (!grant) throw new BrokenInvariant(`grant ${grantId} is not there to move ${credits} from ${from} to ${to}`);
  grant[from] -= credits;
  grant[to] += credits;
  balance[from] -= credits;
  balance[to] += credits;
  assertConserved(grant, grantId);
  assertConserved(balance, 'the organization');
  if (grant.available === 0 && grant.reserved === 0) archive(balance, grant);
}

/** Adds a grant without available or reserved credits to the sums of its kind: it cannot change any more. */
function archive({ grants, ended }: Balance, grant: Grant): void {
  grants.delete(grant.grantId);
  const sums = ended.get(grant.kind) ?? amountsOf(0);
  for (const place of AMOUNT_NAMES) sums[place] += grant[place];
  ended.set(grant.kind, sums);
}

function assertConserved(amounts: Amounts, whose: string): void {
  const { granted, available, reserved, consumed, expired, revoked } = amounts;
  const holds =
    granted === available + reserved + consumed + expired + revoked &&
    available >= 0 &&
    reserved >= 0 &&
    consumed >= 0 &&
    expired >= 0 &&
    revoked >= 0;
  if (holds) return;
  const amountsNow = JSON.stringify({ granted, available, reserved, consumed, expired, revoked });
  throw new BrokenInvariant(`the credits of ${whose} do not add up: ${amountsNow}`);
}
