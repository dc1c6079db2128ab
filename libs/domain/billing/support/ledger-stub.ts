import { instantOf, millisecondsOf, periodAt, wholeSecond, type Anchor, type Period } from '@tallystick/domain/kernel';
import type { AppliedPayment, BillingEffect, OverageChoice } from '../src';

interface StubGrant {
  readonly grantId: string;
  readonly credits: number;
  available: number;
  expiresAt?: string;
  graceUntil?: string;
}

type StubEffectOf<Type extends BillingEffect['type']> = Extract<BillingEffect, { readonly type: Type }>;

/** The rules of the ledger that billing depends on, in short: plans, packages, their ends, and the close of periods. */
export class LedgerStub {
  readonly grants: StubGrant[] = [];
  plan: string | undefined;
  overage: OverageChoice = 'none';
  scheduled: { readonly at: string; readonly plan?: string } | undefined;
  private anchor: Anchor | undefined;
  private openPeriod: Period | undefined;
  private readonly applied = new Map<string, AppliedPayment>();
  revision = 0;

  /** Draws credits from the grants that end first. */
  use(credits: number): void {
    let left = credits;
    for (const grant of this.live()) {
      const drawn = Math.min(left, grant.available);
      grant.available -= drawn;
      left -= drawn;
    }
    if (left > 0) throw new Error(`${left} credits are missing`);
  }

  give(grantId: string, credits: number): void {
    this.grants.push({ grantId, credits, available: credits });
  }

  get available(): number {
    return this.grants.reduce((sum, grant) => sum + grant.available, 0);
  }

  private live(): StubGrant[] {
    const end = ({ expiresAt = '9999' }: StubGrant): string => expiresAt;
    return this.grants.filter(({ available }) => available > 0).sort((a, b) => (end(a) < end(b) ? -1 : 1));
  }

  carryOut(effect: BillingEffect, now: string): AppliedPayment | undefined {
    switch (effect.type) {
      case 'apply-plan-payment':
        return this.apply(effect, now);
      case 'schedule-plan':
        this.scheduled = effect.at === undefined ? undefined : { at: effect.at, plan: effect.plan };
        break;
      case 'end-grants':
        for (const grant of this.named(effect.grantIds)) grant.available = 0;
        break;
      case 'set-grace':
        for (const grant of this.named(effect.grantIds)) grant.graceUntil = effect.graceUntil;
        break;
      case 'grant-sold':
        this.grant({ grantId: effect.grantId, credits: effect.credits, available: effect.credits });
        break;
      case 'set-overage':
        this.overage = effect.overage;
        break;
      case 'finalize-invoice':
      case 'record-payment':
      case 'change-status':
      case 'issue-credit-note':
        throw new Error(`${effect.type} is for an invoice`);
    }
    return undefined;
  }

  private named(grantIds: readonly string[]): StubGrant[] {
    return this.grants.filter(({ grantId }) => grantIds.includes(grantId));
  }

  private grant(grant: StubGrant): void {
    if (!this.grants.some(({ grantId }) => grantId === grant.grantId)) this.grants.push(grant);
  }

  private apply(
    { invoiceLineId, plan, anchor, grant }: StubEffectOf<'apply-plan-payment'>,
    now: string,
  ): AppliedPayment {
    const before = this.applied.get(invoiceLineId);
    if (before) return before;
    const length = this.lengths[plan] ?? 'month';
    if (anchor === 'new' || !this.anchor) this.anchor = { start: wholeSecond(now), length };
    const period = periodAt(this.anchor, now);
    this.plan = plan;
    this.openPeriod = period;
    this.scheduled = undefined;
    const expiresAt = grant && ('at' in grant.ends ? grant.ends.at : period.end);
    for (const one of this.grants.filter(({ grantId }) => grantId.startsWith('invoice:') && this.isPackage(grantId))) {
      if (one.expiresAt !== undefined && one.expiresAt <= now) one.available = 0;
      else if (one.expiresAt !== expiresAt) one.graceUntil = undefined;
    }
    const granted = grant && {
      grantId: grant.grantId,
      expiresAt: expiresAt!,
      graceUntil: instantOf(millisecondsOf(expiresAt!) + (grant.graceMilliseconds ?? 0)),
    };
    if (granted) this.grant({ ...granted, credits: grant.credits, available: grant.credits });
    const { start } = this.anchor;
    const answer = {
      plan,
      anchor: start,
      period,
      ...(granted && { grantId: granted.grantId, expiresAt: granted.expiresAt }),
    };
    this.applied.set(invoiceLineId, answer);
    return answer;
  }

  /** Days of the periods of plans that are not a month. */
  readonly lengths: Record<string, Anchor['length']> = {};
  private isPackage(grantId: string): boolean {
    return this.grants.some((grant) => grant.grantId === grantId && grant.expiresAt !== undefined);
  }

  /** When something falls due. */
  nextDue(): string | undefined {
    const ends = this.grants.filter(({ available }) => available > 0).flatMap((grant) => usableUntil(grant) ?? []);
    return [
      ...ends,
      ...(this.scheduled ? [this.scheduled.at] : []),
      ...(this.openPeriod ? [this.openPeriod.end] : []),
    ].sort()[0];
  }

  /** Applies what is due, and returns the periods that were closed. */
  tick(now: string): (Period & { readonly revision: number })[] {
    for (const grant of this.grants) if ((usableUntil(grant) ?? '9999') <= now) grant.available = 0;
    const closed: (Period & { readonly revision: number })[] = [];
    while (this.openPeriod && this.anchor && this.openPeriod.end <= now) {
      closed.push({ ...this.openPeriod, revision: ++this.revision });
      this.openPeriod = periodAt(this.anchor, this.openPeriod.end);
    }
    if (this.scheduled && this.scheduled.at <= now) {
      this.plan = this.scheduled.plan;
      if (this.plan === undefined) {
        this.openPeriod = undefined;
        this.anchor = undefined;
        if (this.overage === 'auto') this.overage = 'none';
      }
      this.scheduled = undefined;
    }
    return closed;
  }
}

const usableUntil = ({ expiresAt, graceUntil }: StubGrant): string | undefined => graceUntil ?? expiresAt;
