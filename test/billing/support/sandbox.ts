import { rmSync } from 'node:fs';
import { call, newDirectory, ServerProcess, type TestResponse } from '../../support/server';
import { tallyHere } from '../../support/tally';
import { instant, Timeline, type Moment } from './timeline';

const OPERATOR_KEY = 'operator-key-of-the-billing-tests';

export interface SandboxOptions {
  /** A file in `catalogs`, or the path of an own catalog. */
  readonly catalog: string;
  /** The time of the clock at the start. */
  readonly from: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The standalone form with a clock that tests move, and a scripted card provider. */
export class BillingSandbox {
  url = '';
  process!: ServerProcess;
  readonly data = newDirectory();
  private catalog: string;
  private made = 0;
  private moving: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: SandboxOptions) {
    this.catalog = options.catalog;
  }

  /** Starts the process, with another catalog if one is given. The first start sets the clock. */
  async start(catalog = this.catalog): Promise<void> {
    const isFirst = this.process === undefined;
    this.catalog = catalog;
    this.process = new ServerProcess({
      flags: ['--port', '0', '--data', this.data, '--no-demo', '--catalog', pathOf(catalog)],
      environment: {
        TALLY_CLOCK: 'sandbox',
        TALLY_PAYMENTS: 'scripted',
        TALLY_OPERATOR_KEY: OPERATOR_KEY,
        ...this.options.environment,
      },
    });
    this.url = await this.process.url();
    if (isFirst) await this.ok('PUT', '/v1/sandbox/clock', { now: instant(this.options.from) });
  }

  get operatorKey(): string {
    return OPERATOR_KEY;
  }

  /** An id for a new organization. */
  newId(): string {
    this.made += 1;
    return `org-${this.made}`;
  }

  call(
    method: string,
    path: string,
    body?: unknown,
    { key = OPERATOR_KEY, ...headers }: Readonly<Record<string, string>> = {},
  ): Promise<TestResponse> {
    return call(this.url + path, { method, key, body, headers });
  }

  /** The body of an answer that must not be a problem. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- response bodies are compared as they are
  async ok(...request: Parameters<BillingSandbox['call']>): Promise<any> {
    const { status, body } = await this.call(...request);
    if (status >= 300) throw new Error(`${request[0]} ${request[1]} answered ${status}: ${JSON.stringify(body)}`);
    return body;
  }

  async now(): Promise<string> {
    return (await this.ok('GET', '/v1/sandbox/clock')).now;
  }

  /** Moves the clock. Answers when everything that fell due has been done. */
  advance(to: string): Promise<void> {
    const moved = this.moving.then(() => this.ok('POST', '/v1/sandbox/clock/advance', { to: instant(to) }));
    this.moving = moved.catch(() => undefined);
    return moved.then(() => undefined);
  }

  /** Waits until all work at the present time is done, such as charges that were just requested. */
  async settle(): Promise<void> {
    await this.advance(await this.now());
  }
}

const pathOf = (catalog: string): string => (catalog.includes('/') ? catalog : `catalogs/${catalog}.yaml`);

/** b15: every paid line has its grant, every sold grant its line, and all streams keep their rules. */
async function expectVerified({ url, operatorKey }: Pick<BillingSandbox, 'url' | 'operatorKey'>): Promise<void> {
  const { exitCode, out, err } = await tallyHere(['verify', '--url', url, '--key', operatorKey]);
  expect({ exitCode, said: exitCode === 0 ? '' : out + err }).toEqual({ exitCode: 0, said: '' });
}

export async function stopVerified(sandbox: BillingSandbox): Promise<void> {
  try {
    await expectVerified(sandbox);
  } finally {
    expect(await sandbox.process.stop()).toBe(0);
  }
}

/** Starts a sandbox before the tests of a file and stops it afterwards. */
export function useSandbox(options: SandboxOptions): BillingSandbox {
  const sandbox = new BillingSandbox(options);
  beforeAll(() => sandbox.start(), 120_000);
  afterAll(async () => {
    await stopVerified(sandbox);
    rmSync(sandbox.data, { recursive: true, force: true });
  });
  return sandbox;
}

/**
 * Declares tests that share the clock of one sandbox: each waits for the times at which it acts. All of them start with the
 * first test, because the clock cannot go back.
 */
export function useStories(
  options: SandboxOptions,
): (name: string, play: (moment: Moment & { sandbox: BillingSandbox }) => Promise<void>) => void {
  const sandbox = useSandbox(options);
  const stories: ((moment: Moment) => Promise<void>)[] = [];
  let results: readonly Promise<void>[] = [];
  beforeAll(() => {
    const timeline = new Timeline(instant(options.from), (to) => sandbox.advance(to));
    results = timeline.run(stories);
    for (const result of results) result.catch(() => undefined);
  });
  return (name, play) => {
    const index = stories.push((moment) => play({ ...moment, sandbox })) - 1;
    test(name, async () => results[index], 240_000);
  };
}
