import { Problem, unavailable } from '@tallystick/contracts/http';
import { reasonOf, wasNotSent } from './failures';
import { Replicas } from './replicas';

export interface HandedOn {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  /** As it came: the ledger decompresses and parses it. */
  readonly body?: Uint8Array;
  /** Aborts when the caller is gone. */
  readonly signal?: AbortSignal;
}

export interface HandedBack {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What a request and its answer keep on their way; the rest is the business of each connection. */
const ASKED = [
  'authorization',
  'accept',
  'content-type',
  'content-encoding',
  'idempotency-key',
  'x-correlation-id',
  'x-forwarded-for',
];
const ANSWERED = [
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
const READING = new Set(['GET', 'HEAD']);
const METHODS = new Set([...READING, 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** A write was sent to the ledger, and its answer did not come. */
export class AnswerLost extends Error {
  override readonly name = 'AnswerLost';
}

/** Requests that are the ledger's to answer, handed on to one of its replicas as they came, with the caller's own key. */
export class HandOn {
  private readonly replicas: Replicas;

  constructor(
    private readonly urls: readonly string[],
    private readonly timeoutMilliseconds: number,
  ) {
    this.replicas = new Replicas(urls);
  }

  /**
   * Throws Problem 503 where no replica could be asked, AnswerLost where a write may have had its effect, 404 or 405 for
   * what is no request of ours. What only reads, or was certainly not sent, is asked of each replica before.
   */
  async request(request: HandedOn): Promise<HandedBack> {
    assertSendable(request);
    const began = performance.now();
    for (let attempt = 1; ; attempt++) {
      const url = this.replicas.next();
      try {
        return await this.send(url, request);
      } catch (error) {
        // The caller's own doing, which says nothing about the replica.
        if (request.signal?.aborted) throw error;
        this.replicas.failed(url);
        const mayRepeat = READING.has(request.method) || wasNotSent(error);
        if (!mayRepeat) throw new AnswerLost(`The ledger did not answer: ${reasonOf(error)}.`, { cause: error });
        if (attempt > this.urls.length || this.isLate(began)) throw notHandedOn(reasonOf(error));
      }
    }
  }

  private isLate(began: number): boolean {
    return performance.now() - began > this.timeoutMilliseconds;
  }

  private async send(url: string, request: HandedOn): Promise<HandedBack> {
    const { method, path, body } = request;
    const response = await fetch(`${url}${path}`, {
      method,
      headers: keptHeaders(request),
      body: READING.has(method) ? undefined : body,
      signal: signalOf(request, this.timeoutMilliseconds),
      redirect: 'manual',
    });
    const content = Buffer.from(await response.arrayBuffer());
    const kept = method === 'HEAD' ? [...ANSWERED, 'content-length'] : ANSWERED;
    const headers = kept.flatMap((name) => {
      const value = response.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    return { status: response.status, headers: Object.fromEntries(headers), body: content };
  }
}

/** Only a caller that reads may end the ledger's work: of a write it must become known how it ended. */
function signalOf({ method, signal }: HandedOn, timeoutMilliseconds: number): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMilliseconds);
  return signal && READING.has(method) ? AbortSignal.any([signal, timeout]) : timeout;
}

/** Without those that the caller's `Connection` names: they are meant for this connection alone. */
function keptHeaders({ headers }: HandedOn): Record<string, string> {
  const own = new Set(
    String(headers['connection'] ?? '')
      .toLowerCase()
      .split(/[\s,]+/),
  );
  const kept = ASKED.filter((name) => headers[name] !== undefined && !own.has(name));
  return Object.fromEntries(kept.map((name) => [name, String(headers[name])]));
}

/** `fetch` resolves dot segments, backslashes and hosts: only a path that stays as it is reaches the route it names. */
function assertSendable({ method, path }: HandedOn): void {
  if (!METHODS.has(method)) throw new Problem(405, 'method_not_allowed', `This address does not take ${method}.`);
  const [plain = ''] = path.split('?');
  const address = `http://ledger${plain}`;
  if (!URL.canParse(address) || new URL(address).pathname !== plain)
    throw new Problem(404, 'not_found', 'There is nothing at this address. See /docs.');
}

const notHandedOn = (reason: string) =>
  unavailable(`The ledger cannot be asked: ${reason}. Nothing was stored by this request; send the same again.`);
