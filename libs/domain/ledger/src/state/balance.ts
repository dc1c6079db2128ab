import { assertThat, BrokenInvariant, type Instant } from '@tallystick/domain/kernel';
import type { GrantKind } from '@tallystick/domain/catalog';
import type { MovementEvent } from '../event-effects';
import type { Draw, FactOf, LedgerEvent } from '../events';

/** Where each granted credit is. Always: granted = available + reserved + consumed + expired + revoked. */
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
  /** Set on a grant that one job alone may use (pay-as-you-go, overage). */
  readonly jobId?: string;
  /** What ended the grant early or in time; what is refunded to it afterwards goes the same way. */
  ended?: 'expired' | 'revoked';
}

/**
 * An organization's credits: the totals over its whole life, the grants that still hold some, and the sums of all others by
 * kind. Totals = grants + ended, place by place.
 */
export interface Balance extends Amounts {
  readonly grants: Map<string, Grant>;
  readonly ended: Map<GrantKind, Amounts>;
}

export const AMOUNT_NAMES = ['granted', 'available', 'reserved', 'consumed', 'expired', 'revoked'] as const;
export type CreditState = 'available' | 'reserved' | 'consumed' | 'expired' | 'revoked';

export const emptyBalance = (): Balance => ({ ...amountsOf(0), grants: new Map(), ended: new Map() });

/** Amounts of a grant of which nothing has moved yet. */
export const amountsOf = (granted: number): Amounts => ({
  granted,
  available: granted,
  reserved: 0,
  consumed: 0,
  expired: 0,
  revoked: 0,
});

/** Credits of no operation in particular: what any job could draw. Trials of one operation are shown beside it. */
export function unscopedCredits(balance: Balance): number {
  let credits = 0;
  for (const grant of balance.grants.values()) if (grant.scope === undefined) credits += grant.available;
  return credits;
}

/** Folds the six movements; every other event leaves a balance as it is. */
export function evolveBalance(balance: Balance, event: LedgerEvent): Balance {
  if (event.type === 'CreditsGranted') addGrant(balance, event.data, event.metadata.recordedAt);
  const how = endedGrant(event);
  const grant = how && balance.grants.get(how.grantId);
  if (grant) grant.ended = how.ended;
  eachMove(event, (grantId, credits, from, to) => move(balance, grantId, credits, from, to));
  return balance;
}

/** The grant that the event ends, and how. What comes back from a job after the end does not end it a second time. */
export function endedGrant(
  event: LedgerEvent,
): { readonly grantId: string; readonly ended: 'expired' | 'revoked' } | undefined {
  if (event.type !== 'CreditsExpired' && event.type !== 'CreditsRevoked') return undefined;
  const { grantId, jobId } = event.data;
  return jobId === undefined ? { grantId, ended: ENDINGS[event.type] } : undefined;
}

const ENDINGS = { CreditsExpired: 'expired', CreditsRevoked: 'revoked' } as const;

type MoveVisitor = (grantId: string, credits: number, from: CreditState, to: CreditState) => void;

/** Calls `visit` for every movement of credits within a grant that the event says. */
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
      return visit(event.data.grantId, event.data.credits, 'available', ENDINGS[event.type]);
    case 'CreditsGranted':
      return undefined;
    default:
      return withoutMoves(event);
  }
}

/** Does not compile for an event that moves credits. */
const withoutMoves = (_: Exclude<LedgerEvent, MovementEvent>): void => undefined;

function addGrant(balance: Balance, fact: FactOf<'CreditsGranted'>, grantedAt: Instant): void {
  const { grantId, kind, credits, scope, expiresAt, jobId } = fact;
  assertThat(!balance.grants.has(grantId), () => `grant ${grantId} is given twice`);
  balance.grants.set(grantId, { grantId, kind, grantedAt, scope, expiresAt, jobId, ...amountsOf(credits) });
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
  if (grant.available === 0 && grant.reserved === 0) end(balance, grant);
}

/** Nothing can come back to it any more: from now on it counts among the ended ones of its kind. */
function end({ grants, ended }: Balance, grant: Grant): void {
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
