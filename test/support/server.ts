import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpClient, HttpTransport, type ApiRequest } from '@tallystick/client';
import { assertDocumented } from './documented-responses';
import { ServerProcess, type StartOptions } from './server-process';

export { ServerProcess, type StartOptions };

export interface StandaloneDemo {
  readonly url: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly keys: Readonly<Record<'service' | 'project' | 'organization' | 'operator', string>>;
}

export interface Standalone extends StandaloneDemo {
  readonly process: Omit<ServerProcess, 'pid' | 'internalUrl'>;
  readonly data: string;
}

type Start = (data: string, options: StartOptions) => Promise<Standalone>;
let start: Start = startOneProcess;

/** Sets how servers start, so that the same tests run on both forms. */
export const useForm = (form: Start): void => void (start = form);
/** A suite that needs the standalone process or its files. It is skipped on the distributed form. */
export const describeOneProcess: typeof describe = ((name: string, suite: () => void) =>
  start === startOneProcess
    ? describe(name, suite)
    : describe(name, () =>
        test.skip('skipped: needs the files of the standalone process', () => undefined),
      )) as typeof describe;

/** Starts a server with the demo on a free port, over `data` or a new directory. */
export const startStandalone = (data = newDirectory(), options: StartOptions = {}): Promise<Standalone> =>
  start(data, options);

export async function startOneProcess(data: string, options: StartOptions): Promise<Standalone> {
  const flags = ['--port', '0', '--data', data, ...(options.flags ?? [])];
  const server = new ServerProcess({ ...options, flags });
  const url = await server.url();
  const file = join(data, 'demo.json');
  await server.until(() => existsSync(file), 'the demo is created');
  // The file has the URL of the first start.
  return { ...(JSON.parse(readFileSync(file, 'utf8')) as StandaloneDemo), url, process: server, data };
}

const directories: string[] = [];

export function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tallystick-'));
  directories.push(directory);
  return directory;
}

/** Removes every directory that `newDirectory` created. Call it after the servers have stopped. */
export function removeDirectories(): void {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
}

export interface TestResponse {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

interface CallOptions {
  readonly key?: string;
  readonly body?: unknown;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one request: POST if there is a body, unless `method` is given. The response must match the OpenAPI document. */
export async function call(url: string, { method, headers, ...request }: CallOptions = {}): Promise<TestResponse> {
  const path = url.slice(new URL(url).origin.length);
  const http = new HttpClient(new HttpTransport(new URL(url).origin), { attempts: 1 });
  const verb = (method ?? (request.body === undefined ? 'GET' : 'POST')) as NonNullable<ApiRequest['method']>;
  const response = await http.exchange({ ...request, path, method: verb, headers: { accept: '*/*', ...headers } });
  assertDocumented(verb, path, response);
  return { status: response.status, headers: response.headers as Headers, body: response.body ?? '' };
}
