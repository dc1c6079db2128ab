import { ConnectionError, HttpClient, type ApiRequest, type QueryParameters, type Transport } from '@tallystick/client';
import { NO, no, Stop } from '../stop';
import { sentenceOf } from './problem';

export const KEY_NAMES = ['service', 'project', 'organization', 'operator'] as const;
export type KeyName = (typeof KEY_NAMES)[number];

export interface Call extends Omit<ApiRequest, 'key' | 'headers'> {
  /** The key to call with, where there are several. */
  readonly as?: KeyName;
}

export type KeysByRole = Partial<Record<KeyName, string>>;

export interface ServerAnswer<Body = unknown> {
  readonly status: number;
  readonly body: Body;
}

/** The request was sent, and whether it had its effect is unknown. */
export class Unanswered extends Stop {}

/** The requests of the commands. Problems of the server stop the command with one sentence. */
export class Client {
  private readonly http: HttpClient;

  constructor(
    transport: Transport,
    /** One key for all calls, or one for each role. */
    private readonly keys: KeysByRole | string | undefined,
  ) {
    this.http = new HttpClient(transport);
  }

  get where(): string {
    return this.http.where;
  }

  /** The body of the answer. Throws Stop with the problem of the server in one sentence. */
  async get<Body>(path: string, query?: QueryParameters, as?: KeyName): Promise<Body> {
    return (await this.request<Body>({ path, query, as })).body;
  }

  /** Throws Stop for every status of 400 and above that `expected` does not list. */
  async request<Body = unknown>({ as, ...call }: Call, expected: readonly number[] = []): Promise<ServerAnswer<Body>> {
    const { status, body: given } = await this.exchange({ ...call, key: this.keyFor(as) });
    const body = typeof given === 'string' ? undefined : given;
    const sentence = () => sentenceOf(status, body, this.where);
    if (isUnknown(status, body)) throw new Unanswered(NO, sentence(), body);
    if (status >= 400 && !expected.includes(status)) throw no(sentence(), body);
    return { status, body: body as Body };
  }

  close(): Promise<void> {
    return this.http.close();
  }

  private async exchange(request: ApiRequest) {
    try {
      return await this.http.exchange(request);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      const { message, wasSent } = error;
      throw new (wasSent ? Unanswered : Stop)(NO, `${message} Is it running? Start it with npm start, or give --url.`);
    }
  }

  private keyFor(name: KeyName = 'operator'): string | undefined {
    if (typeof this.keys === 'string' || this.keys === undefined) return this.keys;
    return this.keys[name] ?? this.keys.operator ?? this.keys.organization;
  }
}

const isUnknown = (status: number, body: unknown): boolean =>
  status >= 500 && (body as { code?: unknown } | undefined)?.code !== 'unavailable';
