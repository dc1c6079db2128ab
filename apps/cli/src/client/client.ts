import { NO, no, Stop } from '../stop';
import { sentenceOf } from './problem';
import { attempts, wait } from './retry';

export const KEY_NAMES = ['service', 'project', 'organization', 'operator'] as const;
export type KeyName = (typeof KEY_NAMES)[number];

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** The key to call with, where several are at hand. */
  readonly as?: KeyName;
  readonly idempotencyKey?: string;
}

/** A request on its way out, the same for every transport. */
export interface Outgoing {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Incoming {
  readonly status: number;
  readonly text: string;
  /** Seconds, from Retry-After. */
  readonly retryAfter?: number;
}

/** How requests reach the server: over HTTP, or into a server in this process. */
export interface Transport {
  /** For messages: where the server is. */
  readonly where: string;
  /** Throws when nothing came back. */
  send(request: Outgoing): Promise<Incoming>;
  close(): Promise<void>;
}

export type Keys = Partial<Record<KeyName, string>>;

export interface Answer<Body = unknown> {
  readonly status: number;
  readonly body: Body;
}

/** The request was sent, and whether it had its effect is unknown. */
export class Unanswered extends Stop {}

/** The one way in which commands talk to a server. */
export class Client {
  constructor(
    private readonly transport: Transport,
    /** One key for everything, or one for each role. */
    private readonly keys: Keys | string | undefined,
  ) {}

  get where(): string {
    return this.transport.where;
  }

  /** The answer's body. Throws Stop with the server's "no" in one sentence. */
  async get<Body>(path: string, query?: Call['query'], as?: KeyName): Promise<Body> {
    return (await this.request<Body>({ path, query, as })).body;
  }

  /** Throws Stop for every status of 400 and above that `expected` does not list. */
  async request<Body = unknown>(call: Call, expected: readonly number[] = []): Promise<Answer<Body>> {
    const { status, text } = await this.sendPatiently(outgoing(call, this.keyFor(call.as)));
    const body = parsed(text);
    const sentence = () => sentenceOf(status, body, this.where);
    if (isUnknown(status, body)) throw new Unanswered(NO, sentence(), body);
    if (status >= 400 && !expected.includes(status)) throw no(sentence(), body);
    return { status, body: body as Body };
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  /** Every request of ours may be sent twice: writes carry an id of their own. */
  private async sendPatiently(request: Outgoing): Promise<Incoming> {
    let wasSent = false;
    for (const [attempt, isLast] of attempts()) {
      const answer = await this.transport.send(request).catch((error: Error) => error);
      const isBusy = answer instanceof Error || answer.status === 429 || answer.status === 503;
      if (!(answer instanceof Error) && (!isBusy || isLast)) return answer;
      wasSent ||= !(answer instanceof Error && isRefusedConnection(answer));
      if (answer instanceof Error && (isLast || isRefusedConnection(answer)))
        throw new (wasSent ? Unanswered : Stop)(
          NO,
          `No answer from ${this.where} (${reasonOf(answer)}). Is it running? Start it with npm start, or give --url.`,
        );
      await wait(attempt, answer instanceof Error ? undefined : answer.retryAfter);
    }
    throw new Error('unreachable: the last attempt returns or throws');
  }

  private keyFor(name: KeyName = 'operator'): string | undefined {
    if (typeof this.keys === 'string' || this.keys === undefined) return this.keys;
    return this.keys[name] ?? this.keys.operator ?? this.keys.organization;
  }
}

function outgoing(call: Call, key: string | undefined): Outgoing {
  const { method = call.body === undefined ? 'GET' : 'POST', path, query = {}, body, idempotencyKey } = call;
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return {
    method,
    url: search === '' ? path : `${path}?${search}`,
    headers: {
      accept: 'application/json',
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': call.contentType ?? 'application/json' }),
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  };
}

const isUnknown = (status: number, body: unknown): boolean =>
  status >= 500 && (body as { code?: unknown } | undefined)?.code !== 'unavailable';

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

const codeOf = (error: Error): string | undefined =>
  (error as NodeJS.ErrnoException).code ?? (error.cause as NodeJS.ErrnoException | undefined)?.code;
const isRefusedConnection = (error: Error): boolean => codeOf(error) === 'ECONNREFUSED';
const reasonOf = (error: Error): string =>
  isRefusedConnection(error) ? 'the connection was refused' : (codeOf(error) ?? error.message);
