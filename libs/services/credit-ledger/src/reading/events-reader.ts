import { decodeMetadata, type StoredMetadata } from '@tallystick/domain/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { assertOrder, invalidInput, revisionNotReached, toBound, type Page } from '@tallystick/contracts/http';
import type { EventItem, EventsQueryDto } from '@tallystick/contracts/ledger';
import {
  decode,
  EVENT_EFFECTS,
  EVENT_TYPES,
  HISTORY,
  streamOf,
  type EventType,
  type FactOf,
} from '@tallystick/domain/ledger';
import { assertFollowsOn, EventStore, ViewStore, type RecordedEvent } from '@tallystick/eventing';
import { cursorOf, pageOf, readRevision } from './pages';
import { Projections, CONFIGURATION, pageLimit } from '@tallystick/hosting';
import type { LedgerSettings } from '../settings';

/** Events that a filtered page reads at once, and the most that it reads before it ends short, with a cursor to go on from. */
const CHUNK = 250;
const MOST_READ = 10_000;

interface EventFilter {
  readonly kind?: string;
  readonly project?: string;
  readonly operation?: string;
  readonly from?: string;
  readonly to?: string;
}

/** Where events name a project or an operation; those about neither have none of these. */
interface About {
  readonly projectId?: string;
  readonly target?: { readonly projectId?: string };
  readonly operation?: string;
  readonly rating?: { readonly operation?: string };
}

/** An organization's stream as it is stored, filtered before it is cut into pages. */
@Injectable()
export class EventsReader {
  constructor(
    private readonly store: EventStore,
    private readonly views: ViewStore,
    private readonly projections: Projections,
    @Inject(CONFIGURATION) private readonly limits: LedgerSettings,
  ) {}

  /**
   * Oldest first: metadata as consumers know it, and the hash where the event carries one. A page is full unless the stream ends
   * or the filter has left out 10,000 events. `latest`: the stream's last revision where it is known.
   */
  async page(organizationId: string, query: EventsQueryDto, latest?: number): Promise<Page<EventItem>> {
    const filter = filterOf(query);
    const { atLeastRevision = -1 } = query;
    if (latest !== undefined && atLeastRevision > latest) throw revisionNotReached(atLeastRevision, latest);
    const limit = pageLimit(query.limit, this.limits);
    const stream = streamOf(organizationId);
    const isFiltered = Object.values(filter).some((value) => value !== undefined);
    const upTo = isFiltered ? await this.projections.viewedUpTo(organizationId) : -1;
    const found: RecordedEvent[] = [];
    let next = await this.first(stream, query, latest);
    for (let read = 0; read < MOST_READ && found.length <= limit;) {
      next = await this.skipped(organizationId, filter.kind, next, upTo);
      const wanted = isFiltered ? CHUNK : limit + 1;
      const events = await this.store.read(stream, next, wanted);
      assertFollowsOn(stream, next - 1, events.length, events.at(-1)?.revision ?? next - 1);
      found.push(...events.filter((event) => matches(event, filter)));
      next += events.length;
      read += events.length;
      if (events.length < wanted || isPast(events.at(-1)!, filter)) read = Infinity;
      else if (read >= MOST_READ && found.length <= limit)
        return { data: found.map(shown), nextCursor: cursorOf([next - 1]) };
    }
    const page = pageOf(found, limit, ({ revision }) => cursorOf([revision]));
    return { ...page, data: page.data.map(shown) };
  }

  /** The grant that was given at a revision. */
  async grantAt(organizationId: string, revision: number): Promise<FactOf<'CreditsGranted'>> {
    const stream = streamOf(organizationId);
    const [event] = await this.store.read(stream, revision, 1);
    assertFollowsOn(stream, revision - 1, 1, event?.revision ?? -1);
    return decode(event!).data as FactOf<'CreditsGranted'>;
  }

  private async first(stream: string, query: EventsQueryDto, latest: number | undefined): Promise<number> {
    const after = readRevision(query.cursor);
    if (after !== undefined) return after + 1;
    const first = query.fromRevision ?? 0;
    if (query.from === undefined || latest === undefined) return first;
    return this.firstSince(stream, toBound(query.from), first, latest + 1);
  }

  /** By halving, as times never run backwards. A record of another program may have no time: the search goes on before it. */
  private async firstSince(stream: string, from: string, low: number, high: number): Promise<number> {
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const [event] = await this.store.read(stream, middle, 1);
      const time = event && timeOf(event);
      if (time !== undefined && time !== '' && time < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The next event of a kind that the history view has, as far as it has the stream: earlier events need not be read. */
  private async skipped(organizationId: string, kind: string | undefined, next: number, upTo: number): Promise<number> {
    const movement = kind === undefined ? null : EVENT_EFFECTS[kind as EventType].movement;
    if (movement === null || next > upTo) return next;
    const where = { organizationId, kind: movement, revision: { from: next } };
    const query = { where, order: ['revision'], columns: ['revision'], limit: 1 };
    const [row] = await this.views.find(HISTORY, query);
    return (row?.revision as number | undefined) ?? upTo + 1;
  }
}

function filterOf({ kind, project, operation, from, to }: EventsQueryDto): EventFilter {
  assertOrder({ from, to });
  if (kind !== undefined && !EVENT_TYPES.has(kind)) {
    const message = `Give one of: ${[...EVENT_TYPES].join(', ')}.`;
    throw invalidInput([{ field: 'kind', rule: 'oneOf', message }]);
  }
  return { kind, project, operation, from: from && toBound(from), to: to && toBound(to) };
}

/** A record of another program may have no `recordedAt`. */
const timeOf = ({ metadata }: RecordedEvent): string => ((metadata ?? {}) as { recordedAt?: string }).recordedAt ?? '';

function matches(event: RecordedEvent, { kind, project, operation, from = '', to = '~' }: EventFilter): boolean {
  const is = (wanted: string | undefined, found: string | undefined) => wanted === undefined || wanted === found;
  const { projectId, target, rating, ...about } = (event.data ?? {}) as About;
  return (
    is(kind, event.type) &&
    is(project, projectId ?? target?.projectId) &&
    is(operation, about.operation ?? rating?.operation) &&
    timeOf(event) >= from &&
    timeOf(event) < to
  );
}

const isPast = (event: RecordedEvent, { to = '~' }: EventFilter): boolean => timeOf(event) >= to;

function shown({ id, revision, type, data, metadata }: RecordedEvent): EventItem {
  return { id, revision, type, data: asJson(data), metadata: shownMetadata(metadata) };
}

function shownMetadata(metadata: unknown): unknown {
  if (typeof metadata !== 'object' || metadata === null || metadata instanceof Uint8Array) return asJson(metadata);
  const { hash } = metadata as StoredMetadata;
  return { ...decodeMetadata(metadata as StoredMetadata), ...(hash !== undefined && { hash }) };
}

/** Another program may have stored bytes. */
const asJson = (value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
