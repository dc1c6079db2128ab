import { BrokenInvariant, type StreamEvent, type View } from '@tallystick/domain/kernel';
import { nextDue } from '../subscription/due';
import type { BillingEvent } from '../subscription/events';
import { evolveBilling } from '../subscription/evolve';
import { statusOf } from '../subscription/queries';
import { initialAccount, type BillingAccount } from '../subscription/state';

interface AccountRow {
  readonly organizationId: string;
  revision: number;
  account: BillingAccount;
  /** The first revision that could not be folded. Later events are ignored. */
  damagedAt: number | null;
}

/** One row per organization: its account, when something is due, and how many effects are pending. */
export const subscriptions: View<StreamEvent<BillingEvent>, AccountRow> = {
  table: {
    name: 'subscriptions',
    columns: {
      organizationId: 'text',
      revision: 'integer',
      status: 'text',
      plan: 'text',
      dueAt: 'text',
      pendingEffects: 'integer',
      damagedAt: 'integer',
      account: 'text',
    },
    key: ['organizationId'],
    indexes: [['dueAt'], ['pendingEffects']],
  },
  keysOf: ({ entityId }) => [[entityId]],
  isFirst: ({ revision }) => revision === 0,
  read: (row, [organizationId]) => ({
    organizationId: organizationId as string,
    revision: (row?.revision as number | undefined) ?? -1,
    account: row ? (JSON.parse(row.account as string) as BillingAccount) : initialAccount(),
    damagedAt: (row?.damagedAt as number | null | undefined) ?? null,
  }),
  fold: (row, { event, revision }) => {
    if (row.damagedAt !== null) return row;
    try {
      row.account = evolveBilling(row.account, event, revision);
      row.revision = revision;
    } catch (error) {
      if (!(error instanceof BrokenInvariant)) throw error;
      row.damagedAt = revision;
    }
    return row;
  },
  write: ({ organizationId, revision, account, damagedAt }) => ({
    organizationId,
    revision,
    status: statusOf(account),
    plan: account.subscription?.plan ?? null,
    dueAt: nextDue(account) ?? null,
    pendingEffects: account.effects.length,
    damagedAt,
    account: JSON.stringify(account),
  }),
};
