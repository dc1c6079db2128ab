import { ConnectionError, HttpClient, type ApiRequest, type QueryParameters, type Transport } from '@tallystick/client';
import { FAILURE, commandError, CommandExit } from '../command-exit';
import { sentenceOf } from './problem';

export const KEY_NAMES = ['service', 'project', 'organization', 'operator'] as const;
export type KeyName = (typeof KEY_NAMES)[number];

export interface CliRequest extends Omit<ApiRequest, 'key' | 'headers'> {
  /** Role of the key, if there are several. */
  readonly as?: KeyName;
}

export type KeysByRole = Partial<Record<KeyName, string>>;

export interface ServerResponse<Body = unknown> {
  readonly status: number;
  readonly body: Body;
}

/** The request was sent, and it is unknown whether it took effect. */
export class UnknownOutcomeError extends CommandExit {}

/** Client of the commands. Problems of the server become errors for the user. */
export class CliClient {
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

  /** Returns the body of the response. Throws CommandExit for a problem. */
  async get<Body>(path: string, query?: QueryParameters, as?: KeyName): Promise<Body> {
    return (await this.request<Body>({ path, query, as })).body;
  }

  /** Throws CommandExit for each status of 400 and above that `expected` does not list. */
  async request<Body = unknown>(
    { as, ...call }: CliRequest,
    expected: readonly number[] = [],
  ): Promise<ServerResponse<Body>> {
    const { status, body: given } = await this.exchange({ ...call, key: this.keyFor(as) });
    const body = typeof given === 'string' ? undefined : given;
    const sentence = () => sentenceOf(status, body, this.where);
    if (isUnknown(status, body)) throw new UnknownOutcomeError(FAILURE, sentence(), body);
    if (status >= 400 && !expected.includes(status)) throw commandError(sentence(), body);
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
      throw new (wasSent ? UnknownOutcomeError : CommandExit)(
        FAILURE,
        `${message} Check that the server runs. Start it with npm start, or set --url.`,
      );
    }
  }

  private keyFor(name: KeyName = 'operator'): string | undefined {
    if (typeof this.keys === 'string' || this.keys === undefined) return this.keys;
    return this.keys[name] ?? this.keys.operator ?? this.keys.organization;
  }
}

const isUnknown = (status: number, body: unknown): boolean =>
  status >= 500 && (body as { code?: unknown } | undefined)?.code !== 'unavailable';
