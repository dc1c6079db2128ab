import type { Row } from '@tallystick/domain/kernel';
import { EVENT_EFFECTS, isMovement, type MovementEvent, type FactOf } from '../events';
import type { LedgerView } from './view';

/** One row per movement of credits. */
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
  keysOf: ({ entityId: organizationId, revision, event }) => (isMovement(event) ? [[organizationId, revision]] : []),
  isFirst: () => true,
  read: () => ({}),
  fold: (row, { entityId: organizationId, revision, event }) => {
    if (!isMovement(event)) return row;
    const { occurredAt, recordedAt } = event.metadata;
    const kind = EVENT_EFFECTS[event.type].movement;
    return { organizationId, revision, kind, ...detailsOf(event), occurredAt, recordedAt };
  },
  write: (row) => row,
};

/** The columns that depend on the event's type; null where the type lacks the member. */
function detailsOf({ data }: MovementEvent) {
  const { credits, projectId, apiKeyId, operation, rating, jobId, grantId, reason, hasDetails } =
    data as Partial<MovementMembers>;
  return {
    credits: credits ?? 0,
    projectId: projectId ?? null,
    apiKeyId: apiKeyId ?? null,
    operation: operation ?? rating?.operation ?? null,
    jobId: jobId ?? null,
    grantId: grantId ?? null,
    reason: reason ?? null,
    hasDetails: hasDetails ? 1 : null,
  };
}

type MovementMembers = FactOf<'CreditsReserved'> & FactOf<'CreditsConsumed'> & Omit<FactOf<'CreditsRevoked'>, 'jobId'>;
