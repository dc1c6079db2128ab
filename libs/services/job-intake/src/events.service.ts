import { Inject, Injectable } from '@nestjs/common';
import { CATALOG } from '@tallystick/catalog';
import {
  checkTime,
  invalidInput,
  LIMITS,
  notFound,
  type Caller,
  type FieldError,
  type Limits,
} from '@tallystick/contracts/http';
import {
  bareUsage,
  checkLifecycle,
  detailsOf,
  HAS_DETAILS,
  isBinary,
  parseBinary,
  parseStructured,
  STRUCTURED,
  type LifecycleEvent,
  type ParsedEvent,
} from '@tallystick/contracts/intake';
import { JOBS_LIFECYCLE, LedgerClient } from '@tallystick/contracts/ledger';
import { unreported, type Catalog } from '@tallystick/domain/catalog';
import { plural } from '@tallystick/domain/kernel';
import { Bus, type Message } from '@tallystick/eventing';
import { Clock } from '@tallystick/runtime';
import { DetailsService } from './details.service';
import { assertMayEndJobs, DEFAULT_PROJECT, scopeOf, visibleProject } from './scope';

type HttpHeaders = Readonly<Record<string, string>>;

/** Receives events over HTTP and publishes them to the bus, without the details of jobs. */
@Injectable()
export class EventsService {
  constructor(
    private readonly bus: Bus,
    private readonly ledger: LedgerClient,
    private readonly details: DetailsService,
    private readonly clock: Clock,
    @Inject(CATALOG) private readonly catalog: Catalog,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {}

  /** Returns the number of events. Publishes all or none: one bad event refuses the request. */
  async take(caller: Caller, headers: HttpHeaders, body: unknown): Promise<number> {
    const parsed = this.parsed(headers, body);
    if (parsed.some((one) => one.ok && isOutcome(one.event))) assertMayEndJobs(caller, this.limits);
    const isBatch = Array.isArray(body) && !isBinary(headers, 'ce-');
    const errors: FieldError[] = [];
    const events = parsed.flatMap((one, index) => {
      const checked = one.ok ? this.checked(caller, one) : one;
      if (checked.ok) return [checked.event];
      errors.push(
        ...checked.errors.map((error) => (isBatch ? { ...error, field: positioned(index, error.field) } : error)),
      );
      return [];
    });
    if (errors.length > 0) throw invalidInput(errors.slice(0, 50));
    if (events.length === 0) return 0;
    const scoped = events.map((event) => scopedEvent(caller, event));
    await this.assertOwn(caller, scoped);
    await this.details.keep(scoped.flatMap(detailed), this.clock.now());
    await this.bus.publish(
      JOBS_LIFECYCLE,
      scoped.map((event) => messageOf(event, caller)),
    );
    return scoped.length;
  }

  private parsed(headers: HttpHeaders, body: unknown): readonly ParsedEvent[] {
    if (isBinary(headers, 'ce-')) return [parseBinary(headers, 'ce-', body)];
    if (!Array.isArray(body)) return [parseStructured(body)];
    const { batchSize } = this.limits;
    if (body.length <= batchSize) return body.map(parseStructured);
    throw invalidInput([
      { field: '', rule: 'list', message: `Give a list of at most ${plural(batchSize, 'CloudEvent')}.` },
    ]);
  }

  private checked(caller: Caller, parsed: ParsedEvent & { ok: true }) {
    const { organizationId, projectId } = caller;
    const checked = checkLifecycle(parsed.event, { organizationId, projectId });
    if (!checked.ok) return checked;
    const { event } = checked;
    const wrong = event.type === 'tallystick.usage.reported' ? unreported(this.catalog, event.data) : undefined;
    if (wrong) return { ok: false, errors: [{ ...wrong, field: `data.${wrong.field}` }] } as const;
    const late = checkTime(checked.event.occurredAt, 'time', this.clock.now(), this.limits);
    return late ? ({ ok: false, errors: [late] } as const) : checked;
  }

  /** A project key may report outcomes of the jobs of its project, and of jobs that are not submitted yet. Throws a Problem. */
  private async assertOwn(caller: Caller, events: readonly LifecycleEvent[]): Promise<void> {
    const own = visibleProject(caller);
    if (own === undefined) return;
    for (const { data } of events.filter(isOutcome) as readonly OutcomeEvent[]) {
      const job = await this.ledger.job({ organizationId: data.organizationId, jobId: data.id });
      if (job && job.status !== 'awaiting' && job.projectId !== own) throw notFound('job');
    }
  }
}

type OutcomeEvent = Exclude<
  LifecycleEvent,
  { type: 'tallystick.job.submitted' } | { type: 'tallystick.usage.reported' }
>;

/** An event about a job after its submission. */
const isOutcome = ({ type }: { readonly type: string }): boolean => OUTCOMES.has(type);
const OUTCOMES: ReadonlySet<string> = new Set<OutcomeEvent['type']>([
  'tallystick.job.completed',
  'tallystick.job.failed',
  'tallystick.job.heartbeat',
  'tallystick.job.delivery-failed',
]);

const positioned = (index: number, field: string): string => (field === '' ? `[${index}]` : `[${index}].${field}`);

function scopedEvent(caller: Caller, event: LifecycleEvent): LifecycleEvent {
  if (event.type !== 'tallystick.job.submitted') {
    scopeOf(caller, event.data);
    return event;
  }
  return { ...event, data: { ...event.data, ...scopeOf(caller, event.data) } };
}

const detailed = (event: LifecycleEvent) =>
  event.type === 'tallystick.job.submitted'
    ? [
        {
          organizationId: event.data.organizationId,
          projectId: event.data.projectId ?? DEFAULT_PROJECT,
          jobId: event.data.id,
          details: detailsOf(event.data),
        },
      ]
    : [];

/** In structured mode, with the organization as key, without details. The header `project` limits an outcome to the jobs of that project. */
function messageOf({ id, source, type, occurredAt, data }: LifecycleEvent, caller: Caller): Message {
  const project = visibleProject(caller);
  const {
    reference: _r,
    metadata: _m,
    usage,
    ...rest
  } = data as Extract<LifecycleEvent, { type: 'tallystick.job.submitted' }>['data'];
  const hasDetails = type === 'tallystick.job.submitted' && detailsOf(data) !== undefined;
  const event = {
    specversion: '1.0',
    id,
    source,
    type,
    ...(occurredAt !== undefined && { time: occurredAt }),
    datacontenttype: 'application/json',
    data: { ...rest, ...(usage != null && { usage: bareUsage(usage) }) },
  };
  return {
    key: data.organizationId,
    value: Buffer.from(JSON.stringify(event)),
    headers: {
      'content-type': STRUCTURED,
      actor: caller.keyId,
      ...(project !== undefined && { project }),
      ...(hasDetails && { [HAS_DETAILS]: 'true' }),
    },
  };
}
