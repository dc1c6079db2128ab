import type { Incoming, Outgoing, Transport } from './client';

const TIMEOUT = 60_000;

/** A running server at `url`. */
export class HttpTransport implements Transport {
  readonly where: string;

  constructor(url: string) {
    this.where = url.replace(/\/+$/, '');
  }

  async send({ method, url, headers, body }: Outgoing): Promise<Incoming> {
    const signal = AbortSignal.timeout(TIMEOUT);
    const response = await fetch(this.where + url, { method, headers, body, signal });
    const retryAfter = Number(response.headers.get('retry-after') ?? NaN);
    return {
      status: response.status,
      text: await response.text(),
      retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
