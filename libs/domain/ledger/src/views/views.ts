import { assertThat, BrokenInvariant, earliest, type Instant } from '@tallystick/domain/kernel';
import type { GrantKind } from '@tallystick/domain/catalog';
import { emptyBalance, evolveBalance, type Amounts, type Balance, type Grant } from '../state/balance';
import { sumOf } from '../state/burn-down';
import type { Draw, EventMetadata, LedgerEvent, Reservation } from '../events';

// Each view is a fold of its own rows: an event names the rows it touches, and each row is folded for itself.
// No clock, no look at other rows: dropping a view and folding the log again gives the same bytes.

type Value = string | number | null;
type Row = Readonly<Record<string, Value>>;

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

/** An event with the place it has in its organization's stream. */
export interface Placed {
  readonly organizationId: string;
  readonly revision: number;
  readonly event: LedgerEvent | SkippedEvent;
}

export interface LedgerView<Model> {
  readonly table: {
    readonly name: string;
    readonly columns: Readonly<Record<string, 'text' | 'integer'>>;
    readonly key: readonly string[];
    readonly indexes: readonly (readonly string[])[];
  };
  readonly keysOf: (placed: Placed) => readonly (readonly Value[])[];
  /** No row with the event's key can be there yet. */
  readonly isFirst: (placed: Placed) => boolean;
  readonly read: (row: Row | undefined, key: readonly Value[]) => Model;
  readonly fold: (model: Model, placed: Placed) => Model;
  readonly write: (model: Model) => Row;
  readonly removes?: (placed: Placed) => Readonly<Record<string, Value | { readonly before: Value }>> | undefined;
}

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
  keysOf: ({ organizationId }) => [[organizationId]],
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

function foldBalance(model: BalanceModel, { event, revision }: Placed): BalanceModel {
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
export const MOVEMENTS: Partial<Record<Placed['event']['type'], string>> = {
  CreditsGranted: 'grant',
  CreditsReserved: 'reserve',
  CreditsConsumed: 'consume',
  CreditsRefunded: 'refund',
  CreditsExpired: 'expire',
  CreditsRevoked: 'revoke',
};

/** What every movement says of itself, whichever it is. */
function movementOf({ event }: Placed) {
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
  keysOf: ({ organizationId, revision, event }) => (MOVEMENTS[event.type] ? [[organizationId, revision]] : []),
  isFirst: () => true,
  read: () => ({}),
  fold: (_, placed) => {
    const { occurredAt, recordedAt } = placed.event.metadata;
    const kind = MOVEMENTS[placed.event.type]!;
    return {
      organizationId: placed.organizationId,
      revision: placed.revision,
      kind,
      ...movementOf(placed),
      occurredAt,
      recordedAt,
    };
  },
  write: (row) => row,
};

type UsageModel = Record<string, Value> &
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
  keysOf: (placed) => {
    const { type, metadata } = placed.event;
    if (type !== 'CreditsReserved' && type !== 'CreditsConsumed' && type !== 'CreditsRefunded') return [];
    const { projectId, operation, apiKeyId } = movementOf(placed);
    return [[placed.organizationId, metadata.recordedAt.slice(0, 10), projectId, operation, apiKeyId ?? '']];
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
