import { Injectable } from '@nestjs/common';
import { LedgerClient, type CommandReply, type PlanReply } from '@tallystick/contracts/ledger';
import type { AppliedPayment, BillingEffect, BillingEffectType } from '@tallystick/domain/billing';
import { EffectRefused, EffectUnavailable } from './effect-errors';

type EffectOfType<Type extends BillingEffectType> = Extract<BillingEffect, { readonly type: Type }>;
export type LedgerEffect = EffectOfType<
  'apply-plan-payment' | 'schedule-plan' | 'end-grants' | 'set-grace' | 'grant-sold' | 'set-overage'
>;

/** Effects that are calls of the ledger. Each call can be repeated. */
@Injectable()
export class LedgerEffects {
  constructor(private readonly ledger: LedgerClient) {}

  /** Returns what the ledger has applied, for a plan payment. */
  async carryOut(
    organizationId: string,
    effect: LedgerEffect,
    causationId: string,
  ): Promise<AppliedPayment | undefined> {
    const trace = { organizationId, actor: 'billing', causationId };
    switch (effect.type) {
      case 'apply-plan-payment': {
        const { type: _, ...payment } = effect;
        const reply = await this.ledger.applyPlanPayment({ ...trace, ...payment });
        return appliedPlan(done(reply));
      }
      case 'schedule-plan': {
        const { at, plan } = effect;
        done(await this.ledger.schedulePlan({ ...trace, at, plan }));
        return undefined;
      }
      case 'end-grants':
        for (const grantId of effect.grantIds) done(await this.ledger.endGrant({ ...trace, grantId }));
        return undefined;
      case 'set-grace': {
        const { grantIds, graceUntil } = effect;
        done(await this.ledger.setGrantGrace({ ...trace, grantIds, graceUntil }));
        return undefined;
      }
      case 'grant-sold': {
        const { type: _, ...sold } = effect;
        done(await this.ledger.grantSold({ ...trace, ...sold }));
        return undefined;
      }
      case 'set-overage':
        done(await this.ledger.setOverage({ ...trace, overage: effect.overage }));
        return undefined;
    }
  }
}

function done<Reply extends PlanReply | CommandReply>(
  reply: Reply,
): Exclude<Reply, { readonly kind: 'refused' | 'unavailable' }> {
  if (reply.kind === 'unavailable') throw new EffectUnavailable(reply.message);
  if (reply.kind === 'refused') throw new EffectRefused(reply.refusal.code, reply.refusal.message);
  return reply as Exclude<Reply, { readonly kind: 'refused' | 'unavailable' }>;
}

const appliedPlan = ({ plan, anchor, period, grantId, expiresAt }: AppliedPayment): AppliedPayment => ({
  plan,
  anchor,
  period,
  ...(grantId !== undefined && { grantId }),
  ...(expiresAt !== undefined && { expiresAt }),
});
