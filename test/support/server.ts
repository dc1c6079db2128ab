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

/** Journeys run on whatever form starts here: the same tests hold both forms to the same answers. */
export const useForm = (form: Start): void => void (start = form);
/** A suite about the one process itself, or the files that it alone has. */
export const describeOneProcess: typeof describe = ((name: string, suite: () => void) =>
  start === startOneProcess
    ? describe(name, suite)
    : describe(name, () =>
        test.skip('skipped: it is about the files of one process', () => undefined),
      )) as typeof describe;

/** With its demo, on a free port; standalone over `data` or a new directory. */
export const startStandalone = (data = newDirectory(), options: StartOptions = {}): Promise<Standalone> =>
  start(data, options);

export async function startOneProcess(data: string, options: StartOptions): Promise<Standalone> {
  const flags = ['--port', '0', '--data', data, ...(options.flags ?? [])];
  const server = new ServerProcess({ ...options, flags });
  const url = await server.url();
  const file = join(data, 'demo.json');
  await server.until(() => existsSync(file), 'to its demo');
  // The address of this start: the file has the one of the first.
  return { ...(JSON.parse(readFileSync(file, 'utf8')) as StandaloneDemo), url, process: server, data };
}

const directories: string[] = [];

export function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tallystick-'));
  directories.push(directory);
  return directory;
}

/** Removes every directory made here; for `afterAll`, once the servers are down. */
export function removeDirectories(): void {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
}

export interface ApiResponse {
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

/** One request, not repeated. `body` makes it a POST unless `method` is given. The answer must be as the documentation says. */
export async function call(url: string, { method, headers, ...request }: CallOptions = {}): Promise<ApiResponse> {
  const path = url.slice(new URL(url).origin.length);
  const http = new HttpClient(new HttpTransport(new URL(url).origin), { attempts: 1 });
  const verb = (method ?? (request.body === undefined ? 'GET' : 'POST')) as NonNullable<ApiRequest['method']>;
  const response = await http.exchange({ ...request, path, method: verb, headers: { accept: '*/*', ...headers } });
  assertDocumented(verb, path, response);
  return { status: response.status, headers: response.headers as Headers, body: response.body ?? '' };
}
