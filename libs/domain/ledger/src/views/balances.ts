import { assertThat, BrokenInvariant, earliest, type Instant } from '@tallystick/domain/kernel';
import type { GrantKind } from '@tallystick/domain/catalog';
import { emptyBalance, evolveBalance, usableUntil, type Amounts, type Balance, type Grant } from '../state/balance';
import { evolveTerms, initialTerms, nextTurn, type BillingTerms } from '../state/billing-terms';
import type { LedgerView, LedgerStreamEvent } from './view';

interface BalanceModel {
  readonly organizationId: string;
  revision: number;
  asOf: Instant;
  readonly balance: Balance;
  readonly terms: BillingTerms;
  /** The first revision that could not be folded because credits would not be conserved. Later events are ignored. */
  damagedAt: number | null;
}

/**
 * JSON of the column `balance`. The column `ended` has the sums of the ended grants by kind, `terms` what `dueAt` depends on beside
 * the grants.
 */
export type StoredBalance = Amounts & { readonly grants: readonly Grant[] };

export const balances: LedgerView<BalanceModel> = {
  table: {
    name: 'balances',
    columns: {
      organizationId: 'text',
      revision: 'integer',
      asOf: 'text',
      balance: 'text',
      ended: 'text',
      terms: 'text',
      dueAt: 'text',
      damagedAt: 'integer',
    },
    key: ['organizationId'],
    indexes: [['dueAt']],
  },
  keysOf: ({ entityId: organizationId }) => [[organizationId]],
  isFirst: ({ revision }) => revision === 0,
  read: (row, [organizationId]) => ({
    organizationId: organizationId as string,
    revision: (row?.revision as number | undefined) ?? -1,
    asOf: (row?.asOf as string | undefined) ?? '',
    balance: row ? readBalance(row.balance as string, row.ended as string) : emptyBalance(),
    terms: row ? (JSON.parse(row.terms as string) as BillingTerms) : initialTerms(),
    damagedAt: (row?.damagedAt as number | null | undefined) ?? null,
  }),
  fold: foldBalance,
  write: ({ organizationId, revision, asOf, balance, terms, damagedAt }) => {
    const { grants, ended, ...amounts } = balance;
    const stored: StoredBalance = { ...amounts, grants: [...grants.values()] };
    return {
      organizationId,
      revision,
      asOf,
      damagedAt,
      balance: JSON.stringify(stored),
      ended: JSON.stringify(Object.fromEntries(ended)),
      terms: JSON.stringify(terms),
      dueAt: earliest(nextExpiry(balance), nextTurn(terms)) ?? null,
    };
  },
};

function foldBalance(model: BalanceModel, { event, revision }: LedgerStreamEvent): BalanceModel {
  if (model.damagedAt !== null) return model;
  try {
    assertThat(revision === model.revision + 1, () => `revision ${model.revision + 1} is missing`);
    if (event.type !== 'ForeignEventSkipped') {
      evolveBalance(model.balance, event);
      evolveTerms(model.terms, event);
      model.asOf = event.metadata.recordedAt;
    }
    model.revision = revision;
  } catch (error) {
    if (!(error instanceof BrokenInvariant)) throw error;
    model.damagedAt = revision;
  }
  return model;
}

function readBalance(json: string, ended: string): Balance {
  const { grants, ...amounts } = JSON.parse(json) as StoredBalance;
  return {
    ...amounts,
    grants: new Map(grants.map((grant) => [grant.grantId, grant])),
    ended: new Map(Object.entries(JSON.parse(ended) as Record<GrantKind, Amounts>) as [GrantKind, Amounts][]),
  };
}

function nextExpiry({ grants }: Balance): Instant | undefined {
  let next: Instant | undefined;
  for (const grant of grants.values()) if (grant.ended === undefined) next = earliest(next, usableUntil(grant));
  return next;
}
