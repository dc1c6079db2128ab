import { FakeServer } from '../../support/fake-server';
import { runTally } from '../../support/run-tally';

let server: FakeServer;
let now: string;
beforeEach(() => {
  server = new FakeServer();
  now = '2026-01-31T10:00:00.000Z';
  server.routes['GET /v1/sandbox/clock'] = () => [200, { now }];
  server.routes['POST /v1/sandbox/clock/advance'] = ({ to }: { to: string }) => [200, { now: (now = to), stops: 2 }];
  server.routes['PUT /v1/sandbox/clock'] = (body: { now: string }) => [200, { now: (now = body.now), stops: 0 }];
});
const tally = (...args: string[]) => runTally(args, { client: server.client() });
const advances = () =>
  server.requests
    .filter(({ url }) => url.endsWith('/advance'))
    .map(({ body }) => (JSON.parse(body!) as { to: string }).to);

test('shows the clock', async () => {
  expect(await tally('clock')).toEqual({ exitCode: 0, out: `The clock is at ${now}.`, err: '' });
  expect(JSON.parse((await tally('clock', '--json')).out)).toEqual({ now });
  expect(server.requests[0]!.headers.authorization).toBe('Bearer op');
});

test('sets it', async () => {
  expect((await tally('clock', 'set', '2026-03-01')).out).toBe(
    'The clock is at 2026-03-01T00:00:00.000Z. It stopped at 0 due instants.',
  );
});

test('advances it in steps that end at the target, and sums the stops', async () => {
  const { out } = await tally('clock', 'advance', 'P1M', '--json');
  expect(JSON.parse(out)).toEqual({ now: '2026-02-28T10:00:00.000Z', stops: 8 });
  expect(advances()).toEqual(['02-07', '02-14', '02-21', '02-28'].map((day) => `2026-${day}T10:00:00.000Z`));
});

test('waits while another advance is under way', async () => {
  const advance = server.routes['POST /v1/sandbox/clock/advance']!;
  let answers = 0;
  server.routes['POST /v1/sandbox/clock/advance'] = (body, path) =>
    (answers += 1) === 1 ? [409, { code: 'clock_advancing' }] : advance(body, path);
  expect((await tally('clock', 'advance', '1d')).out).toBe(
    'The clock is at 2026-02-01T10:00:00.000Z. It stopped at 2 due instants.',
  );
  expect(advances()).toHaveLength(2);
});

test.each([
  [['clock', 'advance', 'soon'], 'Give a duration such as'],
  [['clock', 'advance'], 'duration'],
  [['clock', 'set', 'tomorrow'], 'Give a time such as'],
  [['clock', 'back'], 'Too many arguments'],
])('%j is a usage error', async (args, sentence) => {
  const { exitCode, err } = await tally(...args);
  expect([exitCode, err]).toEqual([2, expect.stringContaining(sentence)]);
});

test('an interrupt ends it between two steps', async () => {
  const interrupt = new AbortController();
  server.before = ({ url }) => url.endsWith('/advance') && interrupt.abort();
  const { exitCode, err } = await runTally(['clock', 'advance', '35d'], {
    client: server.client(),
    interrupted: interrupt.signal,
  });
  expect([exitCode, err]).toEqual([130, 'Stopped before 2026-02-14T10:00:00.000Z.']);
  expect(now).toBe('2026-02-07T10:00:00.000Z');
});
