import { earliest, type Instant } from '@tallystick/domain/kernel';
import type { GrantKind } from '@tallystick/domain/catalog';
import { usableUntil, type Grant } from './balance';
import type { Draw } from '../events';

/** Earliest expiry first, then oldest, then id. The catalog's order of kinds is applied when drawing. */
const byExpiry = (a: Grant, b: Grant): number =>
  compare(a.expiresAt ?? '~', b.expiresAt ?? '~') || compare(a.grantedAt, b.grantedAt) || compare(a.grantId, b.grantId);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The grants that jobs can draw on, in burn-down order within each kind. */
export class BurnDown {
  private readonly kinds = new Map<GrantKind, Grant[]>();

  add(grant: Grant): void {
    const grants = this.kinds.get(grant.kind) ?? [];
    if (grants.length === 0) this.kinds.set(grant.kind, grants);
    const later = grants.findIndex((other) => byExpiry(grant, other) < 0);
    grants.splice(later < 0 ? grants.length : later, 0, grant);
  }

  /** True if the grant was found. */
  remove(grantId: string): boolean {
    for (const grants of this.kinds.values()) {
      const at = grants.findIndex((grant) => grant.grantId === grantId);
      if (at >= 0) return grants.splice(at, 1).length > 0;
    }
    return false;
  }

  /** Draws up to `credits` from the grants open to `operation`, in burn-down order. The draws may add up to less. */
  draw(credits: number, operation: string, kindOrder: readonly GrantKind[]): Draw[] {
    const draws: Draw[] = [];
    let missing = credits;
    for (const kind of kindOrder)
      for (const grant of this.kinds.get(kind) ?? []) {
        if (missing === 0) return draws;
        if (grant.available === 0 || !isOpenTo(grant, operation)) continue;
        const drawn = Math.min(grant.available, missing);
        draws.push({ grantId: grant.grantId, kind, credits: drawn });
        missing -= drawn;
      }
    return draws;
  }

  /** The next time at which a grant ends that has not ended. */
  nextExpiry(): Instant | undefined {
    let next: Instant | undefined;
    for (const grants of this.kinds.values())
      for (const grant of grants) if (grant.ended === undefined) next = earliest(next, usableUntil(grant));
    return next;
  }

  /** The grants that end at or before `at` and have not ended yet. */
  expiring(at: Instant): Grant[] {
    const isExpiring = (grant: Grant) => {
      const end = usableUntil(grant);
      return grant.ended === undefined && end !== undefined && end <= at;
    };
    return [...this.kinds.values()].flatMap((grants) => grants.filter(isExpiring));
  }

  /** Available credits of the grants open to `operation`. */
  available(operation: string): number {
    let credits = 0;
    for (const grants of this.kinds.values())
      for (const grant of grants) if (isOpenTo(grant, operation)) credits += grant.available;
    return credits;
  }
}

const isOpenTo = (grant: Grant, operation: string): boolean =>
  grant.scope === undefined || grant.scope.includes(operation);

export function sumOf(draws: readonly { readonly credits: number }[]): number {
  let credits = 0;
  for (const draw of draws) credits += draw.credits;
  return credits;
}

/** Splits the draws after their first `credits`, in their order. */
export function split(draws: readonly Draw[], credits: number): { readonly first: Draw[]; readonly rest: Draw[] } {
  const first: Draw[] = [];
  const rest: Draw[] = [];
  let wanted = credits;
  for (const draw of draws) {
    const taken = Math.min(draw.credits, wanted);
    if (taken > 0) first.push({ ...draw, credits: taken });
    if (taken < draw.credits) rest.push({ ...draw, credits: draw.credits - taken });
    wanted -= taken;
  }
  return { first, rest };
}
