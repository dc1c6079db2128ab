import type { ColumnValue } from '@tallystick/domain/kernel';
import { isJobEvent, isMovement, type JobMovementEvent, type Draw } from '../events';
import { sumOf } from '../state/burn-down';
import type { LedgerView, LedgerStreamEvent } from './view';

type UsageModel = Record<string, ColumnValue> &
  Record<'jobs' | 'reserved' | 'consumed' | 'refunded' | 'writtenOff' | 'overage', number>;

const USAGE_KEY = ['organizationId', 'day', 'projectId', 'operation', 'apiKeyId'] as const;

/** Credits per day, project, operation and API key. */
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
  keysOf: ({ entityId: organizationId, event }) => {
    if (!isJobMovement(event)) return [];
    const { projectId, apiKeyId } = event.data;
    const operation = event.type === 'CreditsReserved' ? event.data.rating.operation : event.data.operation;
    return [[organizationId, event.metadata.recordedAt.slice(0, 10), projectId, operation, apiKeyId ?? '']];
  },
  isFirst: () => false,
  read: (row, key) =>
    (row
      ? { ...row }
      : { ...Object.fromEntries(USAGE_KEY.map((column, i) => [column, key[i]!])), ...noUsage }) as UsageModel,
  fold: (model, { event }) => (isJobMovement(event) ? foldMovement(model, event) : model),
  write: (model) => ({ ...model }),
};

const noUsage = { jobs: 0, reserved: 0, consumed: 0, refunded: 0, writtenOff: 0, overage: 0 };

const isJobMovement = (event: LedgerStreamEvent['event']): event is JobMovementEvent =>
  isMovement(event) && isJobEvent(event);

function foldMovement(model: UsageModel, event: JobMovementEvent): UsageModel {
  switch (event.type) {
    case 'CreditsReserved':
      model.jobs += 1;
      model.reserved += event.data.credits;
      return model;
    case 'CreditsConsumed':
      model.consumed += event.data.credits;
      model.writtenOff += event.data.writtenOff;
      model.overage += overageOf(event.data.draws) + overageOf(event.data.surplus);
      return model;
    case 'CreditsRefunded':
      model.refunded += event.data.credits;
      return model;
  }
}

const overageOf = (draws: readonly Draw[]): number => sumOf(draws.filter(({ kind }) => kind === 'pay-as-you-go'));
