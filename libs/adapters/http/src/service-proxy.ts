import { Problem, unavailable } from '@tallystick/contracts/http';
import { systemClock } from '@tallystick/runtime';
import { reasonOf, wasNotSent } from './failures';
import { Replicas } from './replicas';

export interface ForwardedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  /** As received: the other service decompresses and parses it. */
  readonly body?: Uint8Array;
  /** Aborts when the caller disconnects. */
  readonly signal?: AbortSignal;
}

export interface ForwardedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The headers that are passed on. All others belong to one of the two connections. */
const REQUEST_HEADERS = [
  'authorization',
  'accept',
  'content-type',
  'content-encoding',
  'idempotency-key',
  'x-correlation-id',
  'x-forwarded-for',
];
const RESPONSE_HEADERS = [
  'content-type',
  'content-disposition',
  'location',
  'retry-after',
  'idempotency-replayed',
  'allow',
  'www-authenticate',
  'accept-encoding',
  'cache-control',
];
const SAFE_METHODS = new Set(['GET', 'HEAD']);
const METHODS = new Set([...SAFE_METHODS, 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** A write was sent to the ledger and its answer was lost. */
export class AnswerLost extends Error {
  override readonly name = 'AnswerLost';
}

/** Forwards requests unchanged, with the caller's own key, to one of the replicas of the service that owns their routes. */
export class ServiceProxy {
  private readonly replicas: Replicas;

  constructor(
    private readonly urls: readonly string[],
    private readonly timeoutMilliseconds: number,
  ) {
    this.replicas = new Replicas(urls);
  }

  /**
   * Throws Problem 404 or 405 for a request that no route can have, Problem 503 where no replica could be reached, AnswerLost where
   * a write may have taken effect. Reads, and requests that were certainly not sent, are tried at each replica first.
   */
  async request(request: ForwardedRequest): Promise<ForwardedResponse> {
    assertSendable(request);
    const startedAt = systemClock.monotonic();
    for (let attempt = 1; ; attempt++) {
      const url = this.replicas.next();
      try {
        return await this.send(url, request);
      } catch (error) {
        // The caller disconnected: no fault of the replica.
        if (request.signal?.aborted) throw error;
        this.replicas.failed(url);
        const mayRepeat = SAFE_METHODS.has(request.method) || wasNotSent(error);
        if (!mayRepeat) throw new AnswerLost(`The ledger did not answer: ${reasonOf(error)}.`, { cause: error });
        const isLate = systemClock.monotonic() - startedAt > this.timeoutMilliseconds;
        if (attempt > this.urls.length || isLate) throw unreachable(reasonOf(error));
      }
    }
  }

  private async send(url: string, request: ForwardedRequest): Promise<ForwardedResponse> {
    const { method, path, body } = request;
    const response = await fetch(`${url}${path}`, {
      method,
      headers: requestHeaders(request),
      body: SAFE_METHODS.has(method) ? undefined : body,
      signal: signalOf(request, this.timeoutMilliseconds),
      redirect: 'manual',
    });
    const content = Buffer.from(await response.arrayBuffer());
    const names = method === 'HEAD' ? [...RESPONSE_HEADERS, 'content-length'] : RESPONSE_HEADERS;
    const headers = names.flatMap((name) => {
      const value = response.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    return { status: response.status, headers: Object.fromEntries(headers), body: content };
  }
}

/** A caller that disconnects ends a read. A write continues: its outcome must become known. */
function signalOf({ method, signal }: ForwardedRequest, timeoutMilliseconds: number): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMilliseconds);
  return signal && SAFE_METHODS.has(method) ? AbortSignal.any([signal, timeout]) : timeout;
}

/** Without the headers that the caller's `Connection` header names: they are for that connection only. */
function requestHeaders({ headers }: ForwardedRequest): Record<string, string> {
  const hopByHop = new Set(
    String(headers['connection'] ?? '')
      .toLowerCase()
      .split(/[\s,]+/),
  );
  const names = REQUEST_HEADERS.filter((name) => headers[name] !== undefined && !hopByHop.has(name));
  return Object.fromEntries(names.map((name) => [name, String(headers[name])]));
}

/** `fetch` resolves dot segments, backslashes and hosts. Only a path that `fetch` leaves unchanged reaches the route it names. */
function assertSendable({ method, path }: ForwardedRequest): void {
  if (!METHODS.has(method)) throw new Problem(405, 'method_not_allowed', `This address does not take ${method}.`);
  const [plain = ''] = path.split('?');
  const address = `http://ledger${plain}`;
  if (!URL.canParse(address) || new URL(address).pathname !== plain)
    throw new Problem(404, 'not_found', 'There is nothing at this address. See /docs.');
}

const unreachable = (reason: string) =>
  unavailable(`The ledger cannot be reached: ${reason}. Nothing was stored by this request; send the same again.`);
