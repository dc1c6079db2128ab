import { jsonOf, unavailable } from '@tallystick/contracts';
import { reasonOf, wasNotSent } from './failures';
import { Replicas } from './replicas';

export interface HandedOn {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  /** JSON, as it was read. */
  readonly body: unknown;
}

/** What a request and its answer keep on their way; the rest is the business of each connection. */
const ASKED = [
  'authorization',
  'accept',
  'content-type',
  'idempotency-key',
  'x-correlation-id',
  'x-forwarded-for',
];
const ANSWERED = ['content-type', 'content-disposition', 'location', 'retry-after', 'idempotency-replayed'];
const READING = new Set(['GET', 'HEAD']);

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
   * Throws Problem 503 where no replica could be asked, AnswerLost where a write may have had its effect. What only reads, or
   * was certainly not sent, is asked of each replica before.
   */
  async request(request: HandedOn): Promise<{ status: number; headers: [string, string][]; body: Buffer }> {
    const isSent = request.body !== undefined && !READING.has(request.method);
    const body = isSent ? jsonOf(request.body) : undefined;
    const began = performance.now();
    for (let attempt = 1; ; attempt++) {
      const url = this.replicas.next();
      try {
        return await this.send(url, request, body);
      } catch (error) {
        this.replicas.failed(url);
        const mayRepeat = READING.has(request.method) || wasNotSent(error);
        if (!mayRepeat)
          throw new AnswerLost(`The ledger did not answer: ${reasonOf(error)}.`, { cause: error });
        if (attempt > this.urls.length || this.isLate(began)) throw notHandedOn(reasonOf(error));
      }
    }
  }

  private isLate(began: number): boolean {
    return performance.now() - began > this.timeoutMilliseconds;
  }

  private async send(url: string, { method, path, headers }: HandedOn, body: string | undefined) {
    const kept = ASKED.flatMap((name) =>
      headers[name] === undefined ? [] : [[name, String(headers[name])]],
    );
    const response = await fetch(`${url}${path}`, {
      method,
      headers: Object.fromEntries(kept) as Record<string, string>,
      body,
      signal: AbortSignal.timeout(this.timeoutMilliseconds),
      redirect: 'manual',
    });
    const answered = ANSWERED.flatMap((name): [string, string][] => {
      const value = response.headers.get(name);
      return value === null ? [] : [[name, value]];
    });
    const content = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: answered, body: content };
  }
}

const notHandedOn = (reason: string) =>
  unavailable(
    `The ledger cannot be asked: ${reason}. Nothing was stored by this request; send the same again.`,
  );
