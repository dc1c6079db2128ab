import type { ProblemBody } from '@tallystick/contracts/http';
import { Backoff, pause } from '@tallystick/runtime';
import { ApiError, ConnectionError } from './errors';
import type { Transport, WireRequest, WireResponse } from './transport';

export type QueryParameters = Readonly<Record<string, string | number | undefined>>;

export interface ApiRequest {
  /** Default: POST with a body, else GET. */
  readonly method?: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: QueryParameters;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly idempotencyKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the key of the client. */
  readonly key?: string;
}

export interface ClientResponse<Body = unknown> {
  readonly status: number;
  readonly headers: WireResponse['headers'];
  /** Parsed JSON, else the text; undefined where it is empty. */
  readonly body: Body;
}

export interface HttpClientOptions {
  readonly key?: string;
  /** Attempts of one request. After a 429, a 503 or a lost connection it is sent again. */
  readonly attempts?: number;
}

const ATTEMPTS = 6;
const PAUSES = { firstMilliseconds: 300, maxMilliseconds: 10_000 };

/** Sends requests with a key, and repeats those that fail for a moment. Repeating is safe: each write has an id of its own. */
export class HttpClient {
  constructor(
    private readonly transport: Transport,
    private readonly options: HttpClientOptions = {},
  ) {}

  get where(): string {
    return this.transport.where;
  }

  /** Throws ApiError for a status of 400 and above, ConnectionError without an answer. */
  async request<Body>(request: ApiRequest): Promise<Body> {
    const { status, body } = await this.exchange(request);
    if (status >= 400) throw new ApiError(status, (typeof body === 'object' && body) || {});
    return body as Body;
  }

  /** The response with any status. Throws ConnectionError. */
  async exchange(request: ApiRequest): Promise<ClientResponse<unknown>> {
    const { status, headers, text } = await this.send(this.wireRequest(request));
    return { status, headers, body: bodyOf(text) };
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  private async send(request: WireRequest): Promise<WireResponse> {
    const { attempts = ATTEMPTS } = this.options;
    const backoff = new Backoff(PAUSES);
    let wasSent = false;
    for (let attempt = 1; ; attempt++) {
      const response = await this.transport.send(request).catch((error: Error) => error);
      const isLast = attempt >= attempts;
      if (response instanceof Error) {
        wasSent ||= !isRefused(response);
        if (isLast || isRefused(response))
          throw new ConnectionError(this.where, reasonOf(response), wasSent, { cause: response });
        await backoff.wait();
        continue;
      }
      wasSent = true;
      if (isLast || (response.status !== 429 && response.status !== 503)) return response;
      const seconds = Number(response.headers.get('retry-after') ?? NaN);
      await (Number.isFinite(seconds) ? pause(Math.min(seconds * 1_000, PAUSES.maxMilliseconds)) : backoff.wait());
    }
  }

  private wireRequest({ path, query = {}, body, idempotencyKey, ...request }: ApiRequest): WireRequest {
    const { method = body === undefined ? 'GET' : 'POST', key = this.options.key, contentType } = request;
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
    return {
      method,
      url: given.length === 0 ? path : `${path}?${search.toString()}`,
      headers: {
        accept: 'application/json',
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'content-type': contentType ?? 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        ...request.headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    };
  }
}

function bodyOf(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as ProblemBody;
  } catch {
    return text;
  }
}

const codeOf = (error: Error): string | undefined =>
  (error as { code?: string }).code ?? (error.cause as { code?: string } | undefined)?.code;
const isRefused = (error: Error): boolean => codeOf(error) === 'ECONNREFUSED';
const reasonOf = (error: Error): string =>
  isRefused(error) ? 'the connection was refused' : (codeOf(error) ?? error.message);
