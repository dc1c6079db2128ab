import type { Draw, FactOf } from '@tallystick/domain/ledger';
import { check, same } from './check';

/** A grant in the model: every credit is in one of five places. */
export interface ModelGrant extends FactOf<'CreditsGranted'> {
  readonly grantedAt: string;
  available: number;
  reserved: number;
  consumed: number;
  expired: number;
  revoked: number;
  ended?: 'CreditsExpired' | 'CreditsRevoked';
}

type CreditPlace = 'available' | 'reserved' | 'consumed' | 'expired' | 'revoked';
const ORDER = ['trial', 'promotional', 'package', 'top-up', 'pay-as-you-go'];

export const sum = (draws: readonly { readonly credits: number }[]): number =>
  draws.reduce((total, { credits }) => total + credits, 0);

/** All grants of one organization. Simple and slow on purpose. */
export class Grants {
  readonly all = new Map<string, ModelGrant>();

  give(fact: FactOf<'CreditsGranted'>, grantedAt: string): void {
    check(!this.all.has(fact.grantId), () => `grant ${fact.grantId} is granted twice`);
    const { credits: available } = fact;
    const grant = { ...fact, grantedAt, available, reserved: 0, consumed: 0, expired: 0, revoked: 0 };
    this.all.set(fact.grantId, grant);
  }

  /** The grants for an operation in burn-down order: kind, earliest expiry, oldest, id. */
  private usable(operation: string): ModelGrant[] {
    return [...this.all.values()]
      .filter(({ jobId, scope }) => jobId === undefined && (scope === undefined || scope.includes(operation)))
      .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  }

  draw(credits: number, operation: string): Draw[] {
    let missing = credits;
    return this.usable(operation).flatMap(({ grantId, kind, available }) => {
      const drawn = Math.min(available, missing);
      missing -= drawn;
      return drawn > 0 ? [{ grantId, kind, credits: drawn }] : [];
    });
  }

  available(operation: string): number {
    return this.usable(operation).reduce((total, { available }) => total + available, 0);
  }

  move(draws: readonly { grantId: string; credits: number }[], from: CreditPlace, to: CreditPlace): void {
    for (const { grantId, credits } of draws) {
      const grant = this.all.get(grantId);
      check(grant !== undefined, () => `${credits} credits move from an unknown grant ${grantId}`);
      check(credits >= 0 && grant[from] >= credits, () => `${grantId} has no ${credits} ${from}`);
      grant[from] -= credits;
      grant[to] += credits;
    }
  }

  /** The next expiry of a grant with credits. */
  nextExpiry(): string | undefined {
    const times = [...this.all.values()]
      .filter(({ ended, available, reserved }) => !ended && available + reserved > 0)
      .flatMap(({ expiresAt }) => expiresAt ?? []);
    return times.sort()[0];
  }

  totals(): Record<string, number> {
    const totals = { granted: 0, available: 0, reserved: 0, consumed: 0, expired: 0, revoked: 0 };
    for (const grant of this.all.values()) {
      totals.granted += grant.credits;
      for (const place of ['available', 'reserved', 'consumed', 'expired', 'revoked'] as const)
        totals[place] += grant[place];
    }
    const { granted, ...places } = totals;
    check(
      same(
        granted,
        Object.values(places).reduce((a, b) => a + b),
      ),
      () => `credits were lost: ${JSON.stringify(totals)}`,
    );
    return totals;
  }
}

const orderOf = ({ kind, expiresAt, grantedAt, grantId }: ModelGrant): string =>
  [ORDER.indexOf(kind), expiresAt ?? '~', grantedAt, grantId].join(' ');
