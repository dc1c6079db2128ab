import {
  assertThat,
  BrokenInvariant,
  earliest,
  type ColumnValue,
  type Instant,
  type Row,
  type StreamEvent,
  type View,
} from '@tallystick/domain/kernel';
import type { GrantKind } from '@tallystick/domain/catalog';
import { emptyBalance, evolveBalance, type Amounts, type Balance, type Grant } from '../state/balance';
import { sumOf } from '../state/burn-down';
import type { Draw, EventMetadata, LedgerEvent, Reservation } from '../events';

// Each view is a fold of its own rows: an event names the rows it touches, and each row is folded for itself.
// No clock, no look at other rows: dropping a view and folding the log again gives the same bytes.

/**
 * Stands where a foreign record was accepted, so that no revision is missing. Never stored: views and consumers get it in place
 * of the record. Its metadata is that of the acceptance.
 */
export interface SkippedEvent {
  readonly type: 'ForeignEventSkipped';
  /** `eventId` is the record's; the acceptance is at revision `acceptedAt`. */
  readonly data: { readonly eventId: string; readonly acceptedAt: number };
  readonly metadata: EventMetadata;
}

/** An event of an organization's stream, as views fold it; `entityId` is the organization's id. */
export type LedgerStreamEvent = StreamEvent<LedgerEvent | SkippedEvent>;
export type LedgerView<Model = unknown> = View<LedgerStreamEvent, Model>;

interface BalanceModel {
  readonly organizationId: string;
  revision: number;
  asOf: Instant;
  readonly balance: Balance;
  /** The first revision at which the books do not add up: nothing from there on is folded, and other organizations go on. */
  damagedAt: number | null;
}

/** JSON of `balances.balance`; `balances.ended` has the sums of the ended grants by kind. */
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
    damagedAt: (row?.damagedAt as number | null | undefined) ?? null,
  }),
  fold: foldBalance,
  write: ({ organizationId, revision, asOf, balance, damagedAt }) => {
    const { grants, ended, ...amounts } = balance;
    const stored: StoredBalance = { ...amounts, grants: [...grants.values()] };
    return {
      organizationId,
      revision,
      asOf,
      damagedAt,
      balance: JSON.stringify(stored),
      ended: JSON.stringify(Object.fromEntries(ended)),
      dueAt: nextExpiry(balance) ?? null,
    };
  },
};

function foldBalance(model: BalanceModel, { event, revision }: LedgerStreamEvent): BalanceModel {
  if (model.damagedAt !== null) return model;
  try {
    assertThat(revision === model.revision + 1, () => `revision ${model.revision + 1} is missing`);
    if (event.type !== 'ForeignEventSkipped') {
      evolveBalance(model.balance, event);
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
  for (const grant of grants.values()) if (grant.ended === undefined) next = earliest(next, grant.expiresAt);
  return next;
}

/** What the history view calls each event that it has a row of. */
export const MOVEMENTS: Partial<Record<LedgerStreamEvent['event']['type'], string>> = {
  CreditsGranted: 'grant',
  CreditsReserved: 'reserve',
  CreditsConsumed: 'consume',
  CreditsRefunded: 'refund',
  CreditsExpired: 'expire',
  CreditsRevoked: 'revoke',
};

/** What every movement says of itself, whichever it is. */
function movementOf({ event }: LedgerStreamEvent) {
  const data = event.data as Partial<Reservation> & {
    operation?: string;
    grantId?: string;
    reason?: string;
    kind?: string;
  };
  return {
    credits: data.credits ?? 0,
    projectId: data.projectId ?? null,
    apiKeyId: data.apiKeyId ?? null,
    operation: data.operation ?? data.rating?.operation ?? null,
    jobId: data.jobId ?? null,
    grantId: data.grantId ?? null,
    reason: data.reason ?? null,
    hasDetails: data.hasDetails ? 1 : null,
  };
}

export const history: LedgerView<Row> = {
  table: {
    name: 'history',
    columns: {
      organizationId: 'text',
      revision: 'integer',
      kind: 'text',
      credits: 'integer',
      projectId: 'text',
      apiKeyId: 'text',
      operation: 'text',
      jobId: 'text',
      grantId: 'text',
      reason: 'text',
      hasDetails: 'integer',
      occurredAt: 'text',
      recordedAt: 'text',
    },
    key: ['organizationId', 'revision'],
    indexes: [],
  },
  keysOf: ({ entityId: organizationId, revision, event }) =>
    MOVEMENTS[event.type] ? [[organizationId, revision]] : [],
  isFirst: () => true,
  read: () => ({}),
  fold: (_, streamEvent) => {
    const { occurredAt, recordedAt } = streamEvent.event.metadata;
    const kind = MOVEMENTS[streamEvent.event.type]!;
    return {
      organizationId: streamEvent.entityId,
      revision: streamEvent.revision,
      kind,
      ...movementOf(streamEvent),
      occurredAt,
      recordedAt,
    };
  },
  write: (row) => row,
};

type UsageModel = Record<string, ColumnValue> &
  Record<'jobs' | 'reserved' | 'consumed' | 'refunded' | 'writtenOff' | 'overage', number>;
const USAGE_KEY = ['organizationId', 'day', 'projectId', 'operation', 'apiKeyId'] as const;

export const usage: LedgerView<UsageModel> = {
  table: {
    name: 'usage',
    columns: {
      organizationId: 'text',
      day: 'text',
      projectId: 'text',
      operation: 'text',
      apiKeyId: 'text',
      jobs: 'integer',
      reserved: 'integer',
      consumed: 'integer',
      refunded: 'integer',
      writtenOff: 'integer',
      overage: 'integer',
    },
    key: USAGE_KEY,
    indexes: [],
  },
  keysOf: (streamEvent) => {
    const { type, metadata } = streamEvent.event;
    if (type !== 'CreditsReserved' && type !== 'CreditsConsumed' && type !== 'CreditsRefunded') return [];
    const { projectId, operation, apiKeyId } = movementOf(streamEvent);
    return [[streamEvent.entityId, metadata.recordedAt.slice(0, 10), projectId, operation, apiKeyId ?? '']];
  },
  isFirst: () => false,
  read: (row, key) =>
    (row
      ? { ...row }
      : { ...Object.fromEntries(USAGE_KEY.map((column, i) => [column, key[i]!])), ...noUsage }) as UsageModel,
  fold: (model, { event }) => {
    if (event.type === 'CreditsReserved') {
      model.jobs += 1;
      model.reserved += event.data.credits;
    } else if (event.type === 'CreditsConsumed') {
      model.consumed += event.data.credits;
      model.writtenOff += event.data.writtenOff;
      model.overage += overageOf(event.data.draws) + overageOf(event.data.surplus);
    } else if (event.type === 'CreditsRefunded') model.refunded += event.data.credits;
    return model;
  },
  write: (model) => ({ ...model }),
};

const noUsage = { jobs: 0, reserved: 0, consumed: 0, refunded: 0, writtenOff: 0, overage: 0 };
const overageOf = (draws: readonly Draw[]): number => sumOf(draws.filter(({ kind }) => kind === 'pay-as-you-go'));
