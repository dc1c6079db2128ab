import type { Row } from '@tallystick/domain/kernel';
import { isJobEvent, type LateJob, type Reservation } from '../events';
import type { Job } from '../state/ledger';
import type { LedgerView, LedgerStreamEvent } from './view';

/** `awaiting`: the outcome arrived before the submission. */
export type JobRowStatus = Job['status'] | 'awaiting';

/** A row of the table. `reservation` is JSON, which is written once and not read by the fold. */
interface JobRow {
  organizationId: string;
  jobId: string;
  status: JobRowStatus;
  projectId: string | null;
  apiKeyId: string | null;
  operation: string | null;
  credits: number | null;
  consumed: number;
  refunded: number;
  writtenOff: number;
  reserveRevision: number | null;
  endRevision: number | null;
  submittedAt: string | null;
  endedAt: string | null;
  dueAt: string | null;
  contradicted: number;
  outcomeWasWaiting: number;
  reservation: string | null;
}

/** Open jobs, and jobs that ended within the window. Serves queries, and is the settled-jobs index of decisions. */
export const jobs: LedgerView<JobRow> = {
  table: {
    name: 'jobs',
    columns: {
      organizationId: 'text',
      jobId: 'text',
      status: 'text',
      projectId: 'text',
      apiKeyId: 'text',
      operation: 'text',
      credits: 'integer',
      consumed: 'integer',
      refunded: 'integer',
      writtenOff: 'integer',
      reserveRevision: 'integer',
      endRevision: 'integer',
      submittedAt: 'text',
      endedAt: 'text',
      dueAt: 'text',
      contradicted: 'integer',
      outcomeWasWaiting: 'integer',
      reservation: 'text',
    },
    key: ['organizationId', 'jobId'],
    indexes: [['dueAt'], ['endedAt'], ['organizationId', 'submittedAt']],
  },
  keysOf: ({ entityId: organizationId, event }) => (isJobEvent(event) ? [[organizationId, event.data.jobId]] : []),
  // Several projects may report an outcome of a job before it is submitted.
  isFirst: () => false,
  read: (row, [organizationId, jobId]) =>
    row ? ({ ...row } as unknown as JobRow) : unseen(organizationId as string, jobId as string),
  fold: foldJob,
  write: (row) => ({ ...row }),
  removes: ({ entityId: organizationId, event }) =>
    event.type === 'JobWindowClosed' ? { organizationId, endedAt: { before: event.data.before } } : undefined,
};

const unseen = (organizationId: string, jobId: string): JobRow => ({
  organizationId,
  jobId,
  status: 'awaiting',
  projectId: null,
  apiKeyId: null,
  operation: null,
  credits: null,
  consumed: 0,
  refunded: 0,
  writtenOff: 0,
  reserveRevision: null,
  endRevision: null,
  submittedAt: null,
  endedAt: null,
  dueAt: null,
  contradicted: 0,
  outcomeWasWaiting: 0,
  reservation: null,
});

function foldJob(row: JobRow, { event, revision }: LedgerStreamEvent): JobRow {
  if (!isJobEvent(event)) return row;
  const at = event.metadata.recordedAt;
  switch (event.type) {
    case 'CreditsReserved':
      reserve(row, event.data);
      row.reserveRevision = revision;
      row.submittedAt = at;
      return row;
    case 'CreditsConsumed':
      remember(row, event.data.late);
      row.consumed = event.data.credits;
      row.writtenOff = event.data.writtenOff;
      if (event.data.outcomeWasWaiting) row.outcomeWasWaiting = 1;
      return end(row, 'consumed', at, revision);
    case 'CreditsRefunded': {
      const { reason, credits, late, outcomeWasWaiting } = event.data;
      remember(row, late);
      if (outcomeWasWaiting) row.outcomeWasWaiting = 1;
      row.refunded += credits;
      return end(
        row,
        reason === 'unused' ? 'consumed' : reason === 'timed-out' ? 'timed-out' : 'refunded',
        at,
        revision,
      );
    }
    case 'ReservationExtended':
      row.dueAt = event.data.expiresAt;
      return row;
    case 'OutcomeRemembered':
      row.endedAt = at;
      return row;
    case 'OutcomeContradicted':
      row.contradicted = 1;
      return row;
  }
}

function reserve(row: JobRow, reservation: Reservation): void {
  row.status = 'reserved';
  row.projectId = reservation.projectId;
  row.apiKeyId = reservation.apiKeyId ?? null;
  row.operation = reservation.rating.operation;
  row.credits = reservation.credits;
  row.endedAt = null;
  row.dueAt = reservation.expiresAt;
  row.reservation = JSON.stringify(reservation);
}

/** Restores the row of a job that was removed with its window, from the data in its late outcome. */
function remember(row: JobRow, late: LateJob | undefined): void {
  if (!late || row.reservation !== null) return;
  reserve(row, late.reservation);
  row.reserveRevision = late.revision;
  row.refunded = late.refunded;
}

function end(row: JobRow, status: JobRowStatus, endedAt: string, endRevision: number): JobRow {
  row.status = status;
  row.endedAt = endedAt;
  row.endRevision = endRevision;
  row.dueAt = null;
  return row;
}

/** The ended job of a row, for decisions. Undefined if the job is open or was never reserved. */
export function settledJob(stored: Row): Job | undefined {
  const row = stored as unknown as JobRow;
  if (row.status === 'reserved' || row.status === 'awaiting' || row.reservation === null) return undefined;
  const reservation = JSON.parse(row.reservation) as Reservation;
  return {
    reservation,
    revision: row.reserveRevision!,
    expiresAt: reservation.expiresAt,
    status: row.status,
    consumed: row.consumed,
    refunded: row.refunded,
    writtenOff: row.writtenOff,
    endRevision: row.endRevision!,
    endedAt: row.endedAt!,
    contradicted: row.contradicted === 1,
    ...(row.outcomeWasWaiting === 1 && { outcomeWasWaiting: true }),
  };
}
