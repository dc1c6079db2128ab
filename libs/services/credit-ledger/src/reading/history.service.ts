import { Inject, Injectable } from '@nestjs/common';
import { assertOrder, BOUNDS, toBound, toInstant, type Page } from '@tallystick/contracts/http';
import {
  DELETED_DETAILS,
  DETAILS,
  DETAILS_DELETED,
  detailsKey,
  type DetailsRecord,
} from '@tallystick/contracts/intake';
import type { HistoryQueryDto, MovementItem, UsageItem, UsageQueryDto } from '@tallystick/contracts/ledger';
import { HISTORY, JOBS, USAGE, type Reservation } from '@tallystick/domain/ledger';
import { SystemClock } from '@tallystick/runtime';
import { RecordStore, ViewStore, type Row, type Where } from '@tallystick/eventing';
import { CONFIGURATION, pageLimit } from '@tallystick/hosting';
import { cursorOf, pageOf, readCursor, readRevision } from './pages';
import { groupsOf } from './usage-groups';
import type { LedgerSettings } from '../settings';

const SUMS = ['jobs', 'reserved', 'consumed', 'refunded', 'writtenOff', 'overage'] as const;

/** The movements of an organization's credits, and its usage. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly views: ViewStore,
    private readonly records: RecordStore,
    @Inject(CONFIGURATION) private readonly limits: LedgerSettings,
    private readonly clock: SystemClock,
  ) {}

  /** Movements, newest first, with the job's reference as long as its details are kept. */
  async history(organizationId: string, query: HistoryQueryDto): Promise<Page<MovementItem>> {
    const limit = pageLimit(query.limit, this.limits);
    const before = readRevision(query.cursor);
    assertOrder(query);
    const where: Where = {
      organizationId,
      ...(query.kind !== undefined && { kind: query.kind }),
      ...(query.project !== undefined && { projectId: query.project }),
      ...(query.operation !== undefined && { operation: query.operation }),
      ...(before !== undefined && { revision: { before } }),
      ...times('recordedAt', query),
    };
    const rows = await this.views.find(HISTORY, { where, order: ['-revision'], limit: limit + 1 });
    const page = pageOf(rows, limit, ({ revision }) => cursorOf([revision as number]));
    return { ...page, data: await this.withReferences(organizationId, page.data) };
  }

  /** Sums by the requested groups, 1,000 rows unless a limit is given; days are UTC, by the ledger's clock. */
  async usage(organizationId: string, query: UsageQueryDto): Promise<Page<UsageItem>> {
    const groups = groupsOf(query.groupBy);
    const limit = pageLimit(query.limit ?? BOUNDS.pageSize, this.limits);
    const after = readCursor(query.cursor, groups.length);
    assertOrder(query);
    const where: Where = {
      organizationId,
      ...(query.project !== undefined && { projectId: query.project }),
      ...(query.operation !== undefined && { operation: query.operation }),
      ...days(query),
    };
    const groupBy = ['organizationId', ...groups.map(({ column }) => column)];
    const totals = { where, groupBy, sum: SUMS, after: after && [organizationId, ...after], limit: limit + 1 };
    const rows = await this.views.total(USAGE, totals);
    const page = pageOf(rows, limit, (row) => cursorOf(groups.map(({ column }) => row[column] as string)));
    const data = page.data.map((row) => ({
      ...Object.fromEntries(groups.map(({ member, column }) => [member, row[column] === '' ? null : row[column]])),
      ...Object.fromEntries(SUMS.map((sum) => [sum, row[sum]])),
    }));
    return { ...page, data: data as unknown as readonly UsageItem[] };
  }

  private async withReferences(organizationId: string, rows: readonly Row[]): Promise<readonly MovementItem[]> {
    const jobIds = [...new Set(rows.flatMap(({ jobId }) => (jobId === null ? [] : [jobId as string])))];
    const keys = jobIds.map((jobId) => detailsKey(organizationId, jobId));
    const now = this.clock.now();
    const [had, records, deleted] = await Promise.all([
      this.hadDetails(organizationId, rows),
      this.records.get(DETAILS, keys, now) as Promise<readonly (DetailsRecord | undefined)[]>,
      this.records.get(DELETED_DETAILS, keys, now),
    ]);
    const kept = new Map(jobIds.map((jobId, at) => [jobId, records[at]?.details]));
    for (const [at, jobId] of jobIds.entries()) if (deleted[at] !== undefined) had.add(jobId);
    return rows.map(({ organizationId: _own, hasDetails: _flag, ...shown }) => {
      const jobId = shown.jobId as string;
      const { reference } = kept.get(jobId) ?? {};
      const isGone = had.has(jobId) && kept.get(jobId) === undefined;
      return {
        ...shown,
        ...(reference !== undefined && { reference }),
        ...(isGone && { details: DETAILS_DELETED }),
      } as unknown as MovementItem;
    });
  }

  /** The jobs that were submitted with details. Movements of grants do not show this: their jobs are read from the jobs view. */
  private async hadDetails(organizationId: string, rows: readonly Row[]): Promise<Set<string>> {
    const had = new Set(rows.flatMap((row) => (row.hasDetails === null ? [] : [row.jobId as string])));
    const ofGrants = rows.filter(({ jobId, operation }) => jobId !== null && operation === null);
    const keys = ofGrants.map(({ jobId }) => [organizationId, jobId!]);
    for (const job of await this.views.get(JOBS, keys)) {
      const reservation = job?.reservation && (JSON.parse(job.reservation as string) as Reservation);
      if (reservation && reservation.hasDetails) had.add(reservation.jobId);
    }
    return had;
  }
}

function times(column: string, { from, to }: { from?: string; to?: string }): Where {
  if (from === undefined && to === undefined) return {};
  return {
    [column]: {
      ...(from !== undefined && { from: toBound(from) }),
      ...(to !== undefined && { before: toBound(to) }),
    },
  };
}

/** Both are starts of days, as the query's rules have it. */
function days({ from, to }: UsageQueryDto): Where {
  if (from === undefined && to === undefined) return {};
  return {
    day: {
      ...(from !== undefined && { from: toInstant(from).slice(0, 10) }),
      ...(to !== undefined && { before: toInstant(to).slice(0, 10) }),
    },
  };
}
