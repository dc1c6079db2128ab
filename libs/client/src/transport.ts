/** A request as it is sent, for every transport. */
export interface WireRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string;
}

/** Sends requests to a server: over HTTP, or to one in the same process. */
export interface Transport {
  /** The address of the server, for messages. */
  readonly where: string;
  /** Rejects without a response. */
  send(request: WireRequest): Promise<WireResponse>;
  close(): Promise<void>;
}

const TIMEOUT_MILLISECONDS = 60_000;

/** The server at a URL. */
export class HttpTransport implements Transport {
  readonly where: string;

  constructor(
    url: string,
    private readonly timeoutMilliseconds = TIMEOUT_MILLISECONDS,
  ) {
    this.where = url.replace(/\/+$/, '');
  }

  async send({ method, url, headers, body }: WireRequest): Promise<WireResponse> {
    const signal = AbortSignal.timeout(this.timeoutMilliseconds);
    const response = await fetch(this.where + url, { method, headers, body, signal });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
