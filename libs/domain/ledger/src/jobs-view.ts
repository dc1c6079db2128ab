import type { LedgerEvent, Reservation } from './events';
import type { Job } from './state';
import { balances, history, usage, type LedgerView, type Placed } from './views';

/** `awaiting` is a job whose outcome came before its submission. */
export type JobStatus = Job['status'] | 'awaiting';

interface JobModel {
  organizationId: string;
  jobId: string;
  status: JobStatus;
  reservation: Reservation | undefined;
  reserveRevision: number | null;
  consumed: number;
  refunded: number;
  writtenOff: number;
  endRevision: number | null;
  submittedAt: string | null;
  endedAt: string | null;
  dueAt: string | null;
  contradicted: number;
}

type Row = ReturnType<LedgerView<JobModel>['write']>;

/** Every open job, and every ended one of the window: what callers ask for, and what decisions look settled jobs up in. */
export const jobs: LedgerView<JobModel> = {
  table: {
    name: 'jobs',
    columns: {
      organizationId: 'text', jobId: 'text', status: 'text', projectId: 'text', apiKeyId: 'text', operation: 'text', credits: 'integer',
      consumed: 'integer', refunded: 'integer', writtenOff: 'integer', reserveRevision: 'integer', endRevision: 'integer',
      submittedAt: 'text', endedAt: 'text', dueAt: 'text', contradicted: 'integer', reservation: 'text',
    }, // prettier-ignore
    key: ['organizationId', 'jobId'],
    indexes: [['dueAt'], ['endedAt'], ['organizationId', 'submittedAt']],
  },
  keysOf: ({ organizationId, event }) => (isAboutJob(event) ? [[organizationId, event.data.jobId]] : []),
  isFirst: ({ event }) => event.type === 'OutcomeRemembered',
  read: (row, [organizationId, jobId]) =>
    row ? readJob(row) : unseen(organizationId as string, jobId as string),
  fold: foldJob,
  write: ({ reservation, ...model }) => ({
    ...model,
    projectId: reservation?.projectId ?? null,
    apiKeyId: reservation?.apiKeyId ?? null,
    operation: reservation?.rating.operation ?? null,
    credits: reservation?.credits ?? null,
    reservation: reservation ? JSON.stringify(reservation) : null,
  }),
  removes: ({ organizationId, event }) =>
    event.type === 'JobWindowClosed' ? { organizationId, endedAt: { before: event.data.before } } : undefined,
};

const ABOUT_JOBS = [
  'CreditsReserved',
  'CreditsConsumed',
  'CreditsRefunded',
  'ReservationExtended',
  'OutcomeRemembered',
  'OutcomeContradicted',
] as const;
type AboutJob = Extract<LedgerEvent, { type: (typeof ABOUT_JOBS)[number] }>;
const isAboutJob = (event: LedgerEvent): event is AboutJob =>
  (ABOUT_JOBS as readonly string[]).includes(event.type);

const unseen = (organizationId: string, jobId: string): JobModel => ({
  organizationId, jobId, status: 'awaiting', reservation: undefined, reserveRevision: null, consumed: 0, refunded: 0, writtenOff: 0,
  endRevision: null, submittedAt: null, endedAt: null, dueAt: null, contradicted: 0,
}); // prettier-ignore

function foldJob(model: JobModel, { event, revision }: Placed): JobModel {
  const at = event.metadata.recordedAt;
  switch (event.type) {
    case 'CreditsReserved':
      return Object.assign(model, {
        status: 'reserved',
        reservation: event.data,
        reserveRevision: revision,
        submittedAt: at,
        endedAt: null,
        dueAt: event.data.expiresAt,
      });
    case 'CreditsConsumed': {
      const { credits: consumed, writtenOff, late } = event.data;
      return ended(model, 'consumed', at, revision, {
        consumed,
        writtenOff,
        reservation: late?.reservation ?? model.reservation,
      });
    }
    case 'CreditsRefunded': {
      const { reason, credits } = event.data;
      const status = reason === 'unused' ? 'consumed' : reason === 'timed-out' ? 'timed-out' : 'refunded';
      return ended(model, status, at, revision, { refunded: model.refunded + credits });
    }
    case 'ReservationExtended':
      return Object.assign(model, { dueAt: event.data.expiresAt });
    case 'OutcomeRemembered':
      return Object.assign(model, { endedAt: at });
    case 'OutcomeContradicted':
      return Object.assign(model, { contradicted: 1 });
    default:
      return model;
  }
}

const ended = (
  model: JobModel,
  status: JobStatus,
  endedAt: string,
  endRevision: number,
  amounts: Partial<JobModel>,
): JobModel => Object.assign(model, { status, endedAt, endRevision, dueAt: null }, amounts);

function readJob(row: Row): JobModel {
  const { reservation, projectId: _p, apiKeyId: _a, operation: _o, credits: _c, ...rest } = row;
  return {
    ...rest,
    reservation: reservation === null ? undefined : JSON.parse(reservation as string),
  } as unknown as JobModel;
}

/** A row of an ended job as decisions take it; undefined where the job is still open or was never reserved. */
export function settledJob(row: Row): Job | undefined {
  if (row.status === 'reserved' || row.reservation === null) return undefined;
  const { status, consumed, refunded, writtenOff, reserveRevision, endRevision, contradicted } =
    row as unknown as JobModel;
  const reservation = JSON.parse(row.reservation as string) as Reservation;
  return {
    reservation,
    revision: reserveRevision!,
    expiresAt: reservation.expiresAt,
    status: status as Job['status'],
    consumed,
    refunded,
    writtenOff,
    endRevision: endRevision!,
    contradicted: contradicted === 1,
  };
}

/** Every view of the ledger, and the tables that hold them. */
export const LEDGER_VIEWS = [balances, history, usage, jobs] as const;
export const BALANCES = balances.table;
export const HISTORY = history.table;
export const USAGE = usage.table;
export const JOBS = jobs.table;
