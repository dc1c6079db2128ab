import { Inject, Injectable } from '@nestjs/common';
import {
  DETAILS, detailsKey, LIMITS, toInstant,
  type DetailsRecord, type EventsQueryDto, type HistoryQueryDto, type Limits, type Page, type UsageQueryDto,
} from '@tallystick/contracts'; // prettier-ignore
import {
  decode, decodeMetadata, HISTORY, streamOf, USAGE,
  type FactOf, type StoredMetadata,
} from '@tallystick/domain/ledger'; // prettier-ignore
import {
  assertFollowsOn,
  EventStore,
  RecordStore,
  ViewStore,
  type Row,
  type Where,
} from '@tallystick/eventing';
import { cursorOf, pageOf, readCursor } from './pages';
import { groupsOf } from './usage-groups';

const SUMS = ['jobs', 'reserved', 'consumed', 'refunded', 'writtenOff', 'overage'] as const;

/** What moved, what it was used for, and the stream itself. */
@Injectable()
export class HistoryService {
  constructor(
    private readonly views: ViewStore,
    private readonly store: EventStore,
    private readonly records: RecordStore,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {}

  /** Movements, newest first, with the job's reference as long as it is kept. */
  async history(organizationId: string, query: HistoryQueryDto): Promise<Page<object>> {
    const limit = this.limit(query.limit);
    const [before] = readCursor(query.cursor, 1) ?? [];
    const where: Where = {
      organizationId,
      ...(query.kind !== undefined && { kind: query.kind }),
      ...(query.project !== undefined && { projectId: query.project }),
      ...(query.operation !== undefined && { operation: query.operation }),
      ...(before !== undefined && { revision: { before: Number(before) } }),
      ...times('recordedAt', query),
    };
    const rows = await this.views.find(HISTORY, { where, order: ['-revision'], limit: limit + 1 });
    const page = pageOf(rows, limit, ({ revision }) => cursorOf([revision as number]));
    return { ...page, data: await this.withReferences(organizationId, page.data) };
  }

  /** Sums by whatever is asked for; days are UTC, and by the ledger's clock. */
  async usage(organizationId: string, query: UsageQueryDto): Promise<object> {
    const groups = groupsOf(query.groupBy);
    const where: Where = {
      organizationId,
      ...(query.project !== undefined && { projectId: query.project }),
      ...(query.operation !== undefined && { operation: query.operation }),
      ...days(query),
    };
    const groupBy = ['organizationId', ...groups.map(({ column }) => column)];
    const rows = await this.views.total(USAGE, { where, groupBy, sum: SUMS });
    const data = rows.map((row) => ({
      ...Object.fromEntries(
        groups.map(({ member, column }) => [member, row[column] === '' ? null : row[column]]),
      ),
      ...Object.fromEntries(SUMS.map((sum) => [sum, row[sum]])),
    }));
    return { data, nextCursor: null };
  }

  /** The stream, event by event, oldest first: metadata as consumers know it, and the hash where the event carries one. */
  async events(organizationId: string, query: EventsQueryDto): Promise<Page<object>> {
    const limit = this.limit(query.limit);
    const [after] = readCursor(query.cursor, 1) ?? [];
    const first = after === undefined ? (query.fromRevision ?? 0) : Number(after) + 1;
    const stream = streamOf(organizationId);
    const events = await this.store.read(stream, first, limit + 1);
    assertFollowsOn(stream, first - 1, events.length, events.at(-1)?.revision ?? first - 1);
    const page = pageOf(events, limit, ({ revision }) => cursorOf([revision]));
    const from = query.from === undefined ? '' : toInstant(query.from);
    const to = query.to === undefined ? '9999' : toInstant(query.to);
    const isAsked = ({ type, metadata }: (typeof events)[number]) => {
      // Another program's record may have none of ours.
      const { recordedAt = '' } = (metadata ?? {}) as { recordedAt?: string };
      return (query.kind === undefined || query.kind === type) && recordedAt >= from && recordedAt < to;
    };
    const data = page.data
      .filter(isAsked)
      .map(({ id, revision, type, data: fact, metadata }) => ({ id, revision, type, data: asJson(fact), metadata: shown(metadata) })); // prettier-ignore
    return { ...page, data };
  }

  /** The grant that was given at a revision. */
  async grantAt(organizationId: string, revision: number): Promise<FactOf<'CreditsGranted'>> {
    const stream = streamOf(organizationId);
    const [event] = await this.store.read(stream, revision, 1);
    assertFollowsOn(stream, revision - 1, 1, event?.revision ?? -1);
    return decode(event!).data as FactOf<'CreditsGranted'>;
  }

  private limit(asked: number | undefined): number {
    return Math.min(asked ?? this.limits.pageSize, this.limits.maxPageSize);
  }

  private async withReferences(organizationId: string, rows: readonly Row[]): Promise<readonly object[]> {
    const jobIds = [...new Set(rows.flatMap(({ jobId }) => (jobId === null ? [] : [jobId as string])))];
    const keys = jobIds.map((jobId) => detailsKey(organizationId, jobId));
    const records = (await this.records.get(DETAILS, keys, Date.now())) as readonly (
      DetailsRecord | undefined
    )[];
    const references = new Map(jobIds.map((jobId, index) => [jobId, records[index]?.details.reference]));
    return rows.map((row) => {
      const { organizationId: _own, ...shown } = row;
      const reference = references.get(row.jobId as string);
      return { ...shown, ...(reference !== undefined && { reference }) };
    });
  }
}

function shown(metadata: unknown): unknown {
  if (typeof metadata !== 'object' || metadata === null || metadata instanceof Uint8Array)
    return asJson(metadata);
  const { hash } = metadata as StoredMetadata;
  return { ...decodeMetadata(metadata as StoredMetadata), ...(hash !== undefined && { hash }) };
}

/** Another program may have stored bytes. */
const asJson = (value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;

function times(column: string, { from, to }: { from?: string; to?: string }): Where {
  if (from === undefined && to === undefined) return {};
  return {
    [column]: {
      ...(from !== undefined && { from: toInstant(from) }),
      ...(to !== undefined && { before: toInstant(to) }),
    },
  };
}

/** A part of a day counts as the whole of it: usage is kept by days. */
function days({ from, to }: UsageQueryDto): Where {
  if (from === undefined && to === undefined) return {};
  const last = to === undefined ? undefined : new Date(Date.parse(to) - 1).toISOString().slice(0, 10);
  return {
    day: {
      ...(from !== undefined && { from: toInstant(from).slice(0, 10) }),
      ...(last !== undefined && { upTo: last }),
    },
  };
}
