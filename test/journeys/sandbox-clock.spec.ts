import { call, newDirectory, removeDirectories, ServerProcess, type TestResponse } from '../support/server';
import { until } from '../support/until';

jest.setTimeout(120_000);

const OPERATOR_KEY = 'operator-key-of-this-test';
const START = '2026-01-10T09:00:00Z';
const DAY = 86_400_000;
const after = (milliseconds: number): string => new Date(Date.parse(START) + milliseconds).toISOString();

const running: ServerProcess[] = [];
const stopAll = async () => void (await Promise.all(running.splice(0).map((process) => process.stop())));
afterAll(removeDirectories);

interface Sandbox {
  readonly data: string;
  readonly process: ServerProcess;
  readonly url: string;
  send(method: string, path: string, body?: object): Promise<TestResponse>;
}

function startProcess(data: string, environment: Record<string, string>, ...flags: string[]): ServerProcess {
  const process = new ServerProcess({
    flags: ['--port', '0', '--data', data, '--catalog', 'catalogs/leapocr.yaml', ...flags],
    environment: { TALLY_OPERATOR_KEY: OPERATOR_KEY, ...environment },
  });
  running.push(process);
  return process;
}

async function start(data = newDirectory(), environment: Record<string, string> = { TALLY_CLOCK: 'sandbox' }) {
  const process = startProcess(data, environment);
  const url = await process.url();
  const send: Sandbox['send'] = (method, path, body) => call(url + path, { method, body, key: OPERATOR_KEY });
  return { data, process, url, send } satisfies Sandbox;
}

const now = async ({ send }: Sandbox): Promise<string> => (await send('GET', '/v1/sandbox/clock')).body.now;
const setTo = ({ send }: Sandbox, time: string) => send('PUT', '/v1/sandbox/clock', { now: time });
const advance = ({ send }: Sandbox, by: string) => send('POST', '/v1/sandbox/clock/advance', { by });

async function openedAt(sandbox: Sandbox, time: string): Promise<void> {
  expect((await setTo(sandbox, time)).status).toBe(200);
  expect((await sandbox.send('POST', '/v1/organizations', { id: 'acme', name: 'Acme' })).status).toBe(201);
}

async function grant({ send }: Sandbox, grantId: string, credits: number, expiresAt?: string): Promise<void> {
  const body = { grantId, kind: 'promotional', credits, reason: 'test', ...(expiresAt && { expiresAt }) };
  expect((await send('POST', '/v1/organizations/acme/grants', body)).status).toBe(201);
}

async function submit({ send }: Sandbox, id: string, reference?: string): Promise<void> {
  const job = { id, organizationId: 'acme', operation: 'standard-v2', usage: { pages: 10 }, reference };
  expect((await send('POST', '/v1/jobs', job)).status).toBe(202);
}

const balance = async ({ send }: Sandbox) => (await send('GET', '/v1/organizations/acme/balance')).body;

/** The stream without its ids and what follows from them. */
async function story({ send }: Sandbox): Promise<string> {
  const { data } = (await send('GET', '/v1/organizations/acme/events?limit=1000')).body as { data: StoryEvent[] };
  const facts = data.map(({ revision, type, data, metadata: { schemaVersion, occurredAt, recordedAt } }) =>
    JSON.stringify({ revision, type, data, schemaVersion, occurredAt, recordedAt }),
  );
  return facts.join('\n');
}

interface StoryEvent {
  readonly revision: number;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: { readonly schemaVersion: number; readonly occurredAt: string; readonly recordedAt: string };
}

describe('the time of the clock', () => {
  let sandbox: Sandbox;
  beforeAll(async () => (sandbox = await start()));
  afterAll(stopAll);

  test('does not move, is free before the first organization, and goes forward only after it', async () => {
    expect((await setTo(sandbox, '2031-05-01T00:00:00Z')).body).toEqual({ now: '2031-05-01T00:00:00.000Z', stops: 0 });
    await openedAt(sandbox, START);
    expect(await now(sandbox)).toBe('2026-01-10T09:00:00.000Z');
    expect((await balance(sandbox)).asOf).toBe('2026-01-10T09:00:00.000Z');
    const back = await setTo(sandbox, '2026-01-10T08:59:59Z');
    expect([back.status, back.body.errors[0].rule]).toEqual([422, 'forward']);
    expect((await setTo(sandbox, '2026-01-10T09:00:01Z')).body.now).toBe('2026-01-10T09:00:01.000Z');
    expect((await advance(sandbox, 'P1M')).body.now).toBe('2026-02-10T09:00:01.000Z');
    expect(await now(sandbox)).toBe('2026-02-10T09:00:01.000Z');
  });

  test.each([
    [{ by: 'soon' }, 'by', 'duration'],
    [{ by: '-1d' }, 'by', 'duration'],
    [{}, 'by', 'oneOf'],
    [{ by: '1d', to: START }, 'by', 'oneOf'],
    [{ to: '2020-01-01T00:00:00Z' }, 'to', 'forward'],
    [{ to: '2036-01-01T00:00:00.5Z' }, 'to', 'second'],
    [{ to: 'tomorrow' }, 'to', 'time'],
  ])('an advance %j is refused', async (body, field, rule) => {
    const { status, body: problem } = await sandbox.send('POST', '/v1/sandbox/clock/advance', body);
    expect([status, problem.errors]).toEqual([422, [expect.objectContaining({ field, rule })]]);
  });

  test('is for operators', async () => {
    expect((await call(`${sandbox.url}/v1/sandbox/clock`)).status).toBe(401);
    const { body } = await sandbox.send('POST', '/v1/ops/keys', { role: 'service', name: 'test' });
    expect((await call(`${sandbox.url}/v1/sandbox/clock`, { key: body.key })).status).toBe(403);
  });

  test('is advanced by one request at a time', async () => {
    const started = Date.parse(await now(sandbox));
    const at = (hours: number) => new Date(started + hours * 3_600_000).toISOString();
    for (let hour = 1; hour <= 40; hour++) await grant(sandbox, `g${hour}`, 1, at(hour));
    const first = advance(sandbox, '3d');
    await until(async () => (await now(sandbox)) > at(0));
    const second = await advance(sandbox, '1d');
    expect([second.status, second.body.code]).toEqual([409, 'clock_advancing']);
    expect((await first).body).toEqual({ now: at(72), stops: 40 });
  });
});

describe('what follows the clock', () => {
  afterEach(stopAll);

  test('expiries, time-outs and retention happen at their instant', async () => {
    const sandbox = await start();
    const { send } = sandbox;
    await openedAt(sandbox, START);
    await grant(sandbox, 'short', 100, '2026-03-01T00:00:00Z');
    await grant(sandbox, 'long', 1_000);
    await submit(sandbox, 'left-open');
    await submit(sandbox, 'ended', 'invoice of a patient');
    await send('POST', '/v1/jobs/ended/complete', { organizationId: 'acme' });
    const details = async () => (await send('GET', '/v1/jobs/ended?organization=acme')).body.details?.reference;
    expect(await balance(sandbox)).toMatchObject({ reserved: 10, consumed: 10 });

    // The reservation of this catalog times out after an hour.
    expect((await advance(sandbox, '59m')).body.stops).toBe(0);
    expect(await balance(sandbox)).toMatchObject({ reserved: 10 });
    expect((await advance(sandbox, '1m')).body.stops).toBe(1);
    expect(await balance(sandbox)).toMatchObject({ reserved: 0, consumed: 10, available: 1_090 });

    // It keeps details for seven days.
    await setTo(sandbox, '2026-01-17T08:59:59Z');
    expect(await details()).toBe('invoice of a patient');
    await setTo(sandbox, '2026-01-17T09:00:00Z');
    expect(await details()).toBeUndefined();

    const march = await setTo(sandbox, '2026-03-15T00:00:00Z');
    expect(await balance(sandbox)).toMatchObject({ expired: 90, available: 1_000 });
    // The expiry, and the end of the window in which the ended jobs are known.
    expect(march.body.stops).toBe(2);
    expect(await story(sandbox)).toContain('"type":"CreditsExpired"');
    expect(await story(sandbox)).toContain('"recordedAt":"2026-03-01T00:00:00.000Z"');
  });

  test('a time in a job id says nothing, and no leap is too far', async () => {
    const sandbox = await start();
    await openedAt(sandbox, '2035-01-01T00:00:00Z');
    await grant(sandbox, 'g', 100);
    await submit(sandbox, '01890a5d-ac96-774b-bcce-b302099a8057');
    expect((await advance(sandbox, 'P10Y')).body.now).toBe('2045-01-01T00:00:00.000Z');
    expect(await balance(sandbox)).toMatchObject({ reserved: 0, available: 100 });
  });
});

describe('a year with twelve due instants', () => {
  afterEach(stopAll);
  const END = '2027-01-10T09:00:00Z';

  async function used(sandbox: Sandbox): Promise<Sandbox> {
    await openedAt(sandbox, START);
    for (let month = 1; month <= 12; month++)
      await grant(sandbox, `month-${month}`, 100, after(month * 30 * DAY + 500));
    for (const id of ['a', 'b', 'c']) await submit(sandbox, id);
    await sandbox.send('POST', '/v1/jobs/a/complete', { organizationId: 'acme' });
    return sandbox;
  }

  test('gives the same events by a leap, by day steps, and by a leap that kill -9 interrupts', async () => {
    const leap = await used(await start());
    const started = performance.now();
    const { body } = await setTo(leap, END);
    expect(performance.now() - started).toBeLessThan(20_000);
    // Twelve expiries, two time-outs at one instant, and the end of the jobs' window.
    expect(body).toEqual({ now: '2027-01-10T09:00:00.000Z', stops: 14 });
    const events = await story(leap);
    expect(events.match(/CreditsExpired/g)).toHaveLength(12);

    const steps = await used(await start());
    let stops = 0;
    for (let day = 1; day <= 365; day++) stops += (await advance(steps, '1d')).body.stops;
    expect([await now(steps), stops]).toEqual(['2027-01-10T09:00:00.000Z', 14]);
    expect(await story(steps)).toBe(events);

    const interrupted = await used(await start());
    const lost = setTo(interrupted, END).catch(() => 'lost');
    await until(async () => (await now(interrupted)) > after(60 * DAY));
    await interrupted.process.kill();
    expect(await lost).toBe('lost');
    const again = await start(interrupted.data);
    const stood = await now(again);
    expect(stood > after(60 * DAY) && stood < new Date(END).toISOString()).toBe(true);
    expect((await setTo(again, END)).status).toBe(200);
    expect(await story(again)).toBe(events);
  });
});

describe('the mode of the log', () => {
  afterEach(stopAll);

  const sentenceOf = async (data: string, environment: Record<string, string>) => {
    const process = startProcess(data, environment);
    expect(await process.ended).toBe(1);
    const [sentence, ...more] = process.err.trim().split('\n');
    expect(more).toEqual([]);
    return sentence;
  };

  test('a log in test mode says so, keeps its clock, and is refused as a live one', async () => {
    const first = await start();
    await setTo(first, START);
    await first.process.until(() => first.process.err.includes('test mode'), 'the mode is printed');
    expect(first.process.err).toContain('TALLY_MODE=live');
    expect(first.process.err).not.toContain('demo');
    await first.process.stop();
    expect(await sentenceOf(first.data, { TALLY_MODE: 'live' })).toMatch(
      /^TALLY_MODE is "live", but the log is in test/,
    );
    expect(await now(await start(first.data, {}))).toBe('2026-01-10T09:00:00.000Z');
  });

  test('a live log has no sandbox clock', async () => {
    const live = await start(newDirectory(), { TALLY_MODE: 'live' });
    expect((await live.send('GET', '/v1/sandbox/clock')).status).toBe(404);
    expect((await setTo(live, START)).status).toBe(404);
    expect((await advance(live, '1d')).status).toBe(404);
    await live.process.stop();
    expect(live.process.err).not.toContain('test mode');
    const clock = { TALLY_CLOCK: 'sandbox' };
    expect(await sentenceOf(live.data, clock)).toMatch(/^TALLY_CLOCK is "sandbox", but the log is in live mode/);
  });

  test('the distributed form has no sandbox clock', async () => {
    const process = new ServerProcess({
      app: 'credit-ledger',
      environment: { TALLY_CLOCK: 'sandbox' },
      cwd: newDirectory(),
    });
    expect(await process.ended).toBe(1);
    expect(process.err).toMatch(/^TALLY_CLOCK is "sandbox": only the standalone form has a sandbox clock\./);
  });
});
