import type { Transport, WireRequest, WireResponse } from '@tallystick/client';
import { CliClient } from '../src/client/client';

interface FakeJob {
  readonly organizationId: string;
  readonly credits: number;
  readonly content: string;
  status: 'reserved' | 'consumed' | 'refunded';
}

interface FakeSubmission {
  readonly id: string;
  readonly organizationId: string;
  readonly operation: string;
  readonly usage?: { readonly pages?: number };
  readonly occurredAt?: string;
}

interface FakeOutcome {
  readonly id: string;
  readonly outcome: 'completed' | 'failed';
  readonly usage?: { readonly pages?: number };
  readonly occurredAt?: string;
}

const MOST_PAGES = 1_000_000;
const NOT_FOUND: [number, unknown] = [404, { status: 404, code: 'not_found', detail: 'Not found.' }];

type FakeRoute = (body: never, path: readonly string[]) => readonly [status: number, body: unknown];

/** In-memory server with the routes of an import. Each job counts once, regardless of retries. */
export class FakeServer implements Transport {
  readonly where = 'http://fake';
  readonly jobs = new Map<string, FakeJob>();
  readonly requests: WireRequest[] = [];
  readonly times: string[] = [];
  /** Known organizations. Others get `unknown_organization`. */
  organizations?: Set<string>;
  /** Number of next submissions that get 503. */
  failing = 0;
  /** Called before each response. An error simulates a lost connection. */
  before: (request: WireRequest) => void = () => undefined;
  /** Additional routes, by method and path. */
  readonly routes: Record<string, FakeRoute> = {};

  client(): CliClient {
    return new CliClient(this, { service: 's', project: 'p', organization: 'o', operator: 'op' });
  }

  send(request: WireRequest): Promise<WireResponse> {
    this.requests.push(request);
    try {
      this.before(request);
      const [status, body] = this.answer(request);
      return Promise.resolve({
        status,
        headers: { get: () => null },
        text: body === undefined ? '' : JSON.stringify(body),
      });
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Jobs and credits by status, which must be equal after an interrupted import. */
  totals(): unknown {
    const all = [...this.jobs.values()];
    const of = (status: string) => all.filter((job) => job.status === status).map(({ credits }) => credits);
    const sums = [of('consumed'), of('refunded'), of('reserved')].map((credits) => [
      credits.length,
      credits.reduce((sum, it) => sum + it, 0),
    ]);
    return sums;
  }

  /** Jobs whose outcome was sent. */
  ended(): readonly string[] {
    return this.requests
      .filter(({ url }) => url === '/v1/jobs/outcomes')
      .flatMap(({ body }) => (JSON.parse(body!) as { outcomes: readonly FakeOutcome[] }).outcomes.map(({ id }) => id));
  }

  private answer({ method, url, body }: WireRequest): readonly [number, unknown] {
    const path = url.split('?')[0]!;
    const given = (body === undefined ? undefined : JSON.parse(body)) as never;
    const own = this.routes[`${method} ${path}`];
    if (own) return own(given, path.split('/'));
    if (path === '/v1/jobs/batch') return [200, { results: this.submit(given) }];
    if (path === '/v1/jobs/outcomes') return [200, { results: this.end(given) }];
    if (path === '/v1/events') return this.take(given);
    if (path === '/v1/organizations') return this.make(given);
    const [, job, ending] = /^\/v1\/jobs\/([^/]+)(\/heartbeat)?$/.exec(path) ?? [];
    if (job !== undefined && ending !== undefined) return this.beat(job);
    const known = job === undefined ? undefined : this.jobs.get(job);
    if (known) return [200, known];
    return NOT_FOUND;
  }

  private submit({ jobs }: { jobs: readonly FakeSubmission[] }): unknown[] {
    return jobs.map(({ id, organizationId, operation, usage, occurredAt }) => {
      if (this.organizations && !this.organizations.has(organizationId))
        return {
          status: 404,
          httpStatus: 404,
          code: 'unknown_organization',
          detail: 'There is no such organization.',
        };
      if (this.failing-- > 0)
        return { status: 503, httpStatus: 503, code: 'unavailable', detail: 'The store cannot be reached.' };
      const credits = usage?.pages ?? 1;
      if (credits < 1 || operation === 'unknown')
        return {
          status: 422,
          httpStatus: 422,
          code: 'invalid_input',
          detail: 'usage.pages: Give at least 1.',
        };
      const content = JSON.stringify([organizationId, operation, usage]);
      const known = this.jobs.get(id);
      if (known && known.content !== content)
        return { status: 409, httpStatus: 409, code: 'job_conflict', detail: 'Another job.' };
      if (known) return { jobId: id, status: 'reserved', credits, httpStatus: 200, repeated: true };
      this.jobs.set(id, { organizationId, credits, content, status: 'reserved' });
      this.times.push(occurredAt!);
      return { jobId: id, status: 'reserved', credits, httpStatus: 202 };
    });
  }

  /** Keeps the first outcome of a job, and the outcome of an unknown job. */
  private end({ outcomes }: { outcomes: readonly FakeOutcome[] }): unknown[] {
    return outcomes.map(({ id, outcome, usage, occurredAt }) => {
      if (this.failing-- > 0) return { status: 503, httpStatus: 503, code: 'unavailable', detail: 'Away.' };
      if ((usage?.pages ?? 0) > MOST_PAGES)
        return {
          status: 422,
          httpStatus: 422,
          code: 'invalid_job',
          detail: 'usage.pages: Give at most 1000000.',
        };
      const job = this.jobs.get(id);
      if (!job) return { jobId: id, status: 'remembered', httpStatus: 202 };
      const status = outcome === 'failed' ? 'refunded' : 'consumed';
      const contradicted = job.status !== 'reserved' && job.status !== status;
      if (job.status === 'reserved') job.status = status;
      if (occurredAt !== undefined) this.times.push(occurredAt);
      return {
        jobId: id,
        status: job.status,
        httpStatus: 200,
        ...(contradicted && { contradicted, detail: 'The first outcome is kept.' }),
      };
    });
  }

  private beat(id: string): [number, unknown] {
    const job = this.jobs.get(id);
    return job ? [200, { jobId: id, status: job.status }] : NOT_FOUND;
  }

  private take(events: readonly object[]): [number, unknown] {
    return [202, { accepted: events.length }];
  }

  private make({ id }: { id: string }): [number, unknown] {
    if (this.organizations?.has(id)) return [409, { code: 'conflict', detail: 'The organization already exists.' }];
    this.organizations?.add(id);
    return [201, { id }];
  }
}
