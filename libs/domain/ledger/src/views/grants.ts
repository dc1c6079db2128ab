import type { GrantKind } from '@tallystick/domain/catalog';
import { eachMove, endedGrant, amountsOf, type Amounts } from '../state/balance';
import type { FactOf } from '../events';
import { isJobGrantId } from '../state/grant-ids';
import type { LedgerView, LedgerStreamEvent } from './view';

/** The id of the row for all grants of single jobs. Callers cannot use it: ids have no `*`. */
export const JOB_GRANTS = 'payg:*';

export type GrantState = 'live' | 'ended';

/** A row of the table. `scope` is JSON. In the shared row, `revision` and `grantedAt` are those of the first grant. */
interface GrantRow extends Amounts {
  readonly organizationId: string;
  readonly grantId: string;
  kind: GrantKind | null;
  /** `live` while the grant has available or reserved credits. */
  state: GrantState;
  /** Number of grants in the row. */
  count: number;
  scope: string | null;
  expiresAt: string | null;
  graceUntil: string | null;
  /** JSON. */
  paid: string | null;
  grantedAt: string | null;
  /** Null if the grant was used up or is live. */
  ended: 'expired' | 'revoked' | null;
  revision: number | null;
}

const rowOf = (grantId: string): string => (isJobGrantId(grantId) ? JOB_GRANTS : grantId);

/** One row per grant, with its amounts. Grants for single jobs share one row, since there may be as many as jobs. */
export const grants: LedgerView<GrantRow> = {
  table: {
    name: 'grants',
    columns: {
      organizationId: 'text',
      grantId: 'text',
      kind: 'text',
      state: 'text',
      count: 'integer',
      granted: 'integer',
      available: 'integer',
      reserved: 'integer',
      consumed: 'integer',
      expired: 'integer',
      revoked: 'integer',
      scope: 'text',
      expiresAt: 'text',
      graceUntil: 'text',
      paid: 'text',
      grantedAt: 'text',
      ended: 'text',
      revision: 'integer',
    },
    key: ['organizationId', 'grantId'],
    indexes: [['organizationId', 'revision']],
  },
  keysOf: ({ entityId: organizationId, event }) => {
    if (event.type === 'ForeignEventSkipped') return [];
    const rows = new Set<string>();
    if (event.type === 'CreditsGranted' || event.type === 'GrantGraceSet') rows.add(rowOf(event.data.grantId));
    else eachMove(event, (grantId) => rows.add(rowOf(grantId)));
    return [...rows].map((grantId) => [organizationId, grantId]);
  },
  isFirst: ({ event }) => event.type === 'CreditsGranted' && !isJobGrantId(event.data.grantId),
  read: (row, [organizationId, grantId]) =>
    row ? ({ ...row } as unknown as GrantRow) : unseen(organizationId as string, grantId as string),
  fold: foldGrant,
  write: (row) => ({ ...row }),
};

const unseen = (organizationId: string, grantId: string): GrantRow => ({
  organizationId,
  grantId,
  kind: null,
  state: 'ended',
  count: 0,
  ...amountsOf(0),
  scope: null,
  expiresAt: null,
  graceUntil: null,
  paid: null,
  grantedAt: null,
  ended: null,
  revision: null,
});

function foldGrant(row: GrantRow, { event, revision }: LedgerStreamEvent): GrantRow {
  if (event.type === 'ForeignEventSkipped') return row;
  if (event.type === 'CreditsGranted') give(row, event.data, event.metadata.recordedAt, revision);
  if (event.type === 'GrantGraceSet') row.graceUntil = event.data.graceUntil ?? null;
  row.ended = endedGrant(event)?.ended ?? row.ended;
  eachMove(event, (grantId, credits, from, to) => {
    if (rowOf(grantId) !== row.grantId) return;
    row[from] -= credits;
    row[to] += credits;
  });
  row.state = row.available > 0 || row.reserved > 0 ? 'live' : 'ended';
  return row;
}

function give(row: GrantRow, fact: FactOf<'CreditsGranted'>, at: string, revision: number): void {
  row.count += 1;
  row.granted += fact.credits;
  row.available += fact.credits;
  row.kind = fact.kind;
  row.grantedAt ??= at;
  row.revision ??= revision;
  if (row.grantId === JOB_GRANTS) return;
  row.scope = fact.scope ? JSON.stringify(fact.scope) : null;
  row.expiresAt = fact.expiresAt ?? null;
  row.graceUntil = fact.graceUntil ?? null;
  row.paid = fact.paid ? JSON.stringify(fact.paid) : null;
}
