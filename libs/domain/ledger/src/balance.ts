import { assertThat, BrokenInvariant, type Instant } from '@tallystick/domain/kernel';
import type { GrantKind } from '@tallystick/domain/catalog';
import type { Draw, FactOf, LedgerEvent } from './events';

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

/** An organization's credits: the totals over its whole life, and the grants that still hold some. */
export interface Balance extends Amounts {
  readonly grants: Map<string, Grant>;
}

type Place = 'available' | 'reserved' | 'consumed' | 'expired' | 'revoked';

export const emptyBalance = (): Balance => ({ ...nothing(0), grants: new Map() });

const nothing = (granted: number): Amounts => ({
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
  switch (event.type) {
    case 'CreditsGranted':
      addGrant(balance, event.data, event.metadata.recordedAt);
      break;
    case 'CreditsReserved':
      moveAll(balance, event.data.draws, 'available', 'reserved');
      break;
    case 'CreditsConsumed':
      moveAll(balance, event.data.draws, 'reserved', 'consumed');
      moveAll(balance, event.data.surplus, 'available', 'consumed');
      break;
    case 'CreditsRefunded':
      moveAll(balance, event.data.draws, 'reserved', 'available');
      break;
    case 'CreditsExpired':
      endGrant(balance, event.data, 'expired');
      break;
    case 'CreditsRevoked':
      endGrant(balance, event.data, 'revoked');
      break;
    default:
      break;
  }
  return balance;
}

function addGrant(balance: Balance, fact: FactOf<'CreditsGranted'>, grantedAt: Instant): void {
  const { grantId, kind, credits, scope, expiresAt, jobId } = fact;
  assertThat(!balance.grants.has(grantId), () => `grant ${grantId} is given twice`);
  balance.grants.set(grantId, { grantId, kind, grantedAt, scope, expiresAt, jobId, ...nothing(credits) });
  balance.granted += credits;
  balance.available += credits;
}

function moveAll(balance: Balance, draws: readonly Draw[], from: Place, to: Place): void {
  for (const draw of draws) move(balance, draw.grantId, draw.credits, from, to);
}

function endGrant(
  balance: Balance,
  fact: { grantId: string; credits: number; jobId?: string },
  how: 'expired' | 'revoked',
): void {
  const grant = balance.grants.get(fact.grantId);
  if (grant && fact.jobId === undefined) grant.ended = how;
  move(balance, fact.grantId, fact.credits, 'available', how);
}

function move(balance: Balance, grantId: string, credits: number, from: Place, to: Place): void {
  const grant = balance.grants.get(grantId);
  if (!grant)
    throw new BrokenInvariant(`grant ${grantId} is not there to move ${credits} from ${from} to ${to}`);
  grant[from] -= credits;
  grant[to] += credits;
  balance[from] -= credits;
  balance[to] += credits;
  assertConserved(grant, grantId);
  assertConserved(balance, 'the organization');
  if (grant.available === 0 && grant.reserved === 0) balance.grants.delete(grantId);
}

function assertConserved(amounts: Amounts, whose: string): void {
  const { granted, available, reserved, consumed, expired, revoked } = amounts;
  const holds =
    granted === available + reserved + consumed + expired + revoked &&
    available >= 0 && reserved >= 0 && consumed >= 0 && expired >= 0 && revoked >= 0; // prettier-ignore
  if (holds) return;
  const amountsNow = JSON.stringify({ granted, available, reserved, consumed, expired, revoked });
  throw new BrokenInvariant(`the credits of ${whose} do not add up: ${amountsNow}`);
}
