import { Client, type Incoming, type Outgoing, type Transport } from '../client/client';

interface FakeJob {
  readonly organizationId: string;
  readonly credits: number;
  readonly content: string;
  status: 'reserved' | 'consumed' | 'refunded';
}

interface Submission {
  readonly id: string;
  readonly organizationId: string;
  readonly operation: string;
  readonly usage?: { readonly pages?: number };
  readonly occurredAt?: string;
}

interface Ending {
  readonly usage?: { readonly pages?: number };
  readonly occurredAt?: string;
}

const MOST_PAGES = 1_000_000;
const NOT_FOUND: [number, unknown] = [
  404,
  { status: 404, code: 'not_found', detail: 'There is no such thing.' },
];

type Route = (body: never, path: readonly string[]) => readonly [status: number, body: unknown];

/** As much of a server as an import needs, in memory: each job counts once, whatever is sent again. */
export class FakeServer implements Transport {
  readonly where = 'http://fake';
  readonly jobs = new Map<string, FakeJob>();
  readonly requests: Outgoing[] = [];
  readonly times: string[] = [];
  /** Answered with `unknown_organization` when it is not among these. */
  organizations?: Set<string>;
  /** So many submissions are answered with 503 first. */
  failing = 0;
  /** Called before a request is answered; what it throws is a lost connection. */
  before: (request: Outgoing) => void = () => undefined;
  /** Routes of a test's own, by method and path. */
  readonly routes: Record<string, Route> = {};

  client(): Client {
    return new Client(this, { service: 's', project: 'p', organization: 'o', operator: 'op' });
  }

  send(request: Outgoing): Promise<Incoming> {
    this.requests.push(request);
    try {
      this.before(request);
      const [status, body] = this.answer(request);
      return Promise.resolve({ status, text: body === undefined ? '' : JSON.stringify(body) });
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Jobs and credits by status, and the credits of each organization: what an interrupted import must leave alike. */
  totals(): unknown {
    const all = [...this.jobs.values()];
    const of = (status: string) => all.filter((job) => job.status === status).map(({ credits }) => credits);
    const sums = [of('consumed'), of('refunded'), of('reserved')].map((credits) => [
      credits.length,
      credits.reduce((sum, it) => sum + it, 0),
    ]);
    return sums;
  }

  private answer({ method, url, body }: Outgoing): readonly [number, unknown] {
    const path = url.split('?')[0]!;
    const given = (body === undefined ? undefined : JSON.parse(body)) as never;
    const own = this.routes[`${method} ${path}`];
    if (own) return own(given, path.split('/'));
    if (path === '/v1/jobs/batch') return [200, { results: this.submit(given) }];
    if (path === '/v1/events') return this.take(given);
    if (path === '/v1/organizations') return this.make(given);
    const [, job, ending] = /^\/v1\/jobs\/([^/]+)(?:\/(complete|fail|heartbeat))?$/.exec(path) ?? [];
    if (job !== undefined && ending !== undefined) return this.end(job, ending, given);
    const known = job === undefined ? undefined : this.jobs.get(job);
    if (known) return [200, known];
    return NOT_FOUND;
  }

  private submit({ jobs }: { jobs: readonly Submission[] }): unknown[] {
    return jobs.map(({ id, organizationId, operation, usage, occurredAt }) => {
      if (this.organizations && !this.organizations.has(organizationId))
        return { status: 404, code: 'unknown_organization', detail: 'There is no such organization.' };
      if (this.failing-- > 0)
        return { status: 503, code: 'unavailable', detail: 'The store cannot be reached.' };
      const credits = usage?.pages ?? 1;
      if (credits < 1) return { status: 422, code: 'invalid_input', detail: 'usage.pages: Give at least 1.' };
      const content = JSON.stringify([organizationId, operation, usage]);
      const known = this.jobs.get(id);
      if (known && known.content !== content)
        return { status: 409, code: 'job_conflict', detail: 'Another job.' };
      if (known) return { jobId: id, status: 'reserved', credits, repeated: true };
      this.jobs.set(id, { organizationId, credits, content, status: 'reserved' });
      this.times.push(occurredAt!);
      return { jobId: id, status: 'reserved', credits };
    });
  }

  /** The first outcome stands; that of an unknown job is remembered. */
  private end(id: string, how: string, { occurredAt, usage }: Ending): [number, unknown] {
    const job = this.jobs.get(id);
    if ((usage?.pages ?? 0) > MOST_PAGES)
      return [422, { code: 'invalid_job', detail: 'usage.pages: Give at most 1000000.' }];
    if (!job) return how === 'heartbeat' ? NOT_FOUND : [202, { jobId: id, status: 'remembered' }];
    if (how === 'heartbeat') return [200, { jobId: id, status: job.status }];
    const status = how === 'fail' ? 'refunded' : 'consumed';
    const contradicted = job.status !== 'reserved' && job.status !== status;
    if (job.status === 'reserved') job.status = status;
    if (occurredAt !== undefined) this.times.push(occurredAt);
    return [
      200,
      { jobId: id, status: job.status, ...(contradicted && { contradicted, detail: 'It stands.' }) },
    ];
  }

  private take(events: readonly object[]): [number, unknown] {
    return [202, { accepted: events.length }];
  }

  private make({ id }: { id: string }): [number, unknown] {
    if (this.organizations?.has(id)) return [409, { code: 'conflict', detail: 'It is there already.' }];
    this.organizations?.add(id);
    return [201, { id }];
  }
}
