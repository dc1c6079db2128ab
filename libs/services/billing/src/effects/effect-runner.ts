import { Injectable, Logger } from '@nestjs/common';
import type { AppliedPayment, BillingEffect, PendingEffect } from '@tallystick/domain/billing';
import { Clock, Mutex } from '@tallystick/runtime';
import { Subscriptions } from '../streams/subscriptions';
import { effectsCarriedOut } from '../telemetry';
import { EffectRefused } from './effect-errors';
import { InvoiceEffects, type InvoiceEffect } from './invoice-effects';
import { LedgerEffects, type LedgerEffect } from './ledger-effects';

const LEDGER_EFFECTS: ReadonlySet<BillingEffect['type']> = new Set<LedgerEffect['type']>([
  'apply-plan-payment',
  'schedule-plan',
  'end-grants',
  'set-grace',
  'grant-sold',
  'set-overage',
]);
const isOfLedger = (effect: BillingEffect): effect is LedgerEffect => LEDGER_EFFECTS.has(effect.type);

/**
 * Carries out what the stream of an organization has decided: one effect after the other, each until it is done. Every effect can
 * be repeated, so that two processes, or a crash between an effect and its completion, do no harm.
 */
@Injectable()
export class EffectRunner {
  private readonly log = new Logger(EffectRunner.name);
  private readonly running = new Map<string, { readonly mutex: Mutex; callers: number }>();

  constructor(
    private readonly subscriptions: Subscriptions,
    private readonly ofLedger: LedgerEffects,
    private readonly ofInvoices: InvoiceEffects,
    private readonly clock: Clock,
  ) {}

  /** Resolves when nothing is left to do. Throws where an effect fails: it stays the first, and is tried again later. */
  async drain(organizationId: string): Promise<void> {
    const entry = this.running.get(organizationId) ?? { mutex: new Mutex(), callers: 0 };
    this.running.set(organizationId, entry);
    entry.callers += 1;
    try {
      await entry.mutex.run(() => this.drainOne(organizationId));
    } finally {
      entry.callers -= 1;
      if (entry.callers === 0) this.running.delete(organizationId);
    }
  }

  private async drainOne(organizationId: string): Promise<void> {
    for (;;) {
      const { value: first } = await this.subscriptions.read(organizationId, ({ effects }) => effects[0]);
      if (first === undefined) return;
      const applied = await this.carryOut(organizationId, first);
      // (refused where another process has completed it)
      await this.subscriptions.execute(organizationId, {
        type: 'CompleteEffect',
        effectId: first.id,
        ...(applied && { applied }),
        now: this.clock.instant(),
      });
    }
  }

  private async carryOut(
    organizationId: string,
    { id, since, effect }: PendingEffect,
  ): Promise<AppliedPayment | undefined> {
    const count = (outcome: string) => effectsCarriedOut.inc({ effect: effect.type, outcome });
    const causationId = `subscription-${organizationId}/${id}`;
    try {
      const applied = isOfLedger(effect)
        ? await this.ofLedger.carryOut(organizationId, effect, causationId)
        : await this.ofInvoices.carryOut(effect as InvoiceEffect, since, causationId);
      count('done');
      return applied ?? undefined;
    } catch (error) {
      const isRefused = error instanceof EffectRefused;
      count(isRefused ? 'refused' : 'failed');
      if (isRefused)
        this.log.error(
          { organizationId, effect: effect.type, id, code: error.code, reason: error.message },
          'An effect of billing is refused. It stays the next one of its organization, and is tried again.',
        );
      throw error;
    }
  }
}
