import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

/** Sends a request: POST if there is a body, unless `method` is given. */
export async function call(
  url: string,
  {
    key,
    body,
    method,
    headers,
  }: { key?: string; body?: unknown; method?: string; headers?: Record<string, string> } = {},
): Promise<ApiResponse> {
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
