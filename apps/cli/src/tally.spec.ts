import { FakeServer } from '../support/fake-server';
import { runTally } from '../support/run-tally';

const BALANCE = {
  granted: 1500,
  available: 1200,
  reserved: 0,
  consumed: 300,
  expired: 0,
  revoked: 0,
  revision: 42,
  asOf: '2026-11-21T09:30:00.000Z',
  grants: [
    {
      grantId: 'g1',
      kind: 'top-up',
      granted: 1500,
      available: 1200,
      reserved: 0,
      consumed: 300,
      expired: 0,
      revoked: 0,
    },
  ],
};

let server: FakeServer;
beforeEach(() => (server = new FakeServer()));
const tally = (...args: string[]) => runTally(args, { client: server.client(), organizationId: 'demo' });

describe('balance', () => {
  beforeEach(() => (server.routes['GET /v1/organizations/demo/balance'] = () => [200, BALANCE]));

  test('has one row of ended grants per kind, so that every column adds up', async () => {
    const sums = { granted: 500, available: 0, reserved: 0, consumed: 200, expired: 300, revoked: 0 };
    const totals = { granted: 2000, consumed: 500, expired: 300 };
    server.routes['GET /v1/organizations/demo/balance'] = () => [
      200,
      { ...BALANCE, ...totals, ended: { byKind: { trial: sums } } },
    ];
    const { out } = await tally('balance');
    const rows = out
      .split('\n')
      .slice(-2)
      .map((line) => line.trim().split(/ {2,}/));
    expect(rows).toEqual([
      ['g1', 'top-up', '1,500', '1,200', '0', '300', '0', '0'],
      ['ended grants', 'trial', '500', '0', '0', '200', '300', '0'],
    ]);
  });

  test('is a table, by default of the demo organization', async () => {
    const { out, exitCode } = await tally('balance');
    expect(exitCode).toBe(0);
    expect(out).toBe(
      [
        'organization  demo',
        'as of         2026-11-21T09:30:00.000Z, revision 42',
        'granted       1,500',
        'available     1,200',
        'reserved          0',
        'consumed        300',
        'expired           0',
        'revoked           0',
        '',
        'grant  kind    granted  available  reserved  consumed  expired  revoked',
        'g1     top-up    1,500      1,200         0       300        0        0',
      ].join('\n'),
    );
  });

  test('is the response of the server with --json', async () => {
    expect(JSON.parse((await tally('balance', '--json')).out)).toEqual(BALANCE);
    expect(JSON.parse((await tally('--json', 'balance', 'demo')).out)).toEqual(BALANCE);
  });

  test('as of a time or a revision', async () => {
    await tally('balance', '--at', '2026-11-01');
    await tally('balance', '--revision', '7');
    expect(server.requests.map(({ url }) => url)).toEqual([
      '/v1/organizations/demo/balance?at=2026-11-01T00%3A00%3A00.000Z',
      '/v1/organizations/demo/balance?atRevision=7',
    ]);
  });
});

describe('exit code 2 is a usage error', () => {
  test.each([
    [['balance', '--at', 'tomorrow'], 'Give a time such as 2026-11-21'],
    [['balance', '--at', '2026-01-01', '--revision', '1'], 'Give --at or --revision, not both.'],
    [['balances'], 'balances'],
    [['grant', 'acme', 'many'], 'Give a whole number of credits: tally grant ORGANIZATION CREDITS.'],
    [['grant', 'acme'], 'Give a whole number of credits'],
    [['grant', 'acme', '5', '--paid', '12.00'], 'Give --paid and --currency together.'],
    [['grant', 'acme', '5', '--currency', 'USD'], 'Give --paid and --currency together.'],
    [['grant', 'acme', '5', '--paid', '1.234', '--currency', 'USD'], 'at most 2 decimals'],
    [['grant', 'acme', '5', '--paid', '1.5', '--currency', 'JPY'], 'at most 0 decimals'],
    [['grant', 'acme', '5', '--paid', 'much', '--currency', 'USD'], 'Give an amount of USD'],
    [['grant', 'acme', '5', '--paid', '1', '--currency', 'dollars'], 'dollars is no currency'],
    [['import', 'nothing.csv', '--format', 'csv', '--map', 'm'], 'cannot be read. Check its name.'],
    [['import', __filename, '--format', 'csv'], 'A CSV file requires --map FILE'],
    [['import', __filename, '--format', 'xml'], 'csv'],
    [['rebuild'], 'view'],
    [['dead-letters'], 'Usage: tally dead-letters'],
    [['dead-letters', 'list', '--class', 'odd'], 'parked'],
    [['dead-letters', 'show'], 'id'],
    [['dead-letters', 'redrive'], 'Give the ids of dead letters, or --all'],
    [['dead-letters', 'redrive', '0-1', '--all'], 'Give the ids of dead letters, or --all'],
    [['dead-letters', 'redrive', '0-1', '--class', 'refused'], 'Give the ids of dead letters'],
    [['dead-letters', 'discard'], 'id'],
    [['parked', 'acme'], 'Too many arguments'],
    [['parked', 'release'], 'organization'],
    [[], 'Usage: tally'],
  ])('%j', async (args, said) => {
    const { exitCode, err } = await tally(...args);
    expect(err).toContain(said);
    expect(exitCode).toBe(2);
  });

  test('without an organization and without a demo', async () => {
    const { exitCode, err } = await runTally(['balance'], { client: server.client() });
    expect([exitCode, err]).toEqual([2, 'Name the organization: tally balance ORGANIZATION.']);
  });
});

test('help is not an error and shows examples', async () => {
  const { exitCode, out } = await tally('--help');
  expect(exitCode).toBe(0);
  expect(out).toContain('tally import jobs.csv --format csv');
  for (const command of [
    'balance',
    'events',
    'history',
    'grant',
    'import',
    'export',
    'explain',
    'replay',
    'rebuild',
    'verify',
    'parked',
    'dead-letters',
  ])
    expect(out).toContain(`  ${command}`);
});

describe('exit code 1 is an error of the server, in one sentence', () => {
  test.each([
    [404, { detail: 'There is no such organization. Check the id.' }, 'There is no such organization. Check the id.'],
    [401, { detail: 'A key is needed' }, 'A key is needed. Give a key with TALLY_KEY or --key-file.'],
    [402, { error: 'Insufficient credits', billing_url: 'https://b' }, 'Insufficient credits. Billing: https://b'],
    [502, undefined, 'http://fake responded with 502 and no reason. Check that it is a Tallystick server.'],
    [500, { detail: 'It broke.', correlationId: 'c1' }, 'It broke. Correlation id: c1.'],
  ])('%i', async (status, problem, sentence) => {
    server.routes['GET /v1/organizations/demo/balance'] = () => [status, problem];
    expect(await tally('balance')).toEqual({ exitCode: 1, out: '', err: sentence });
  });

  test('--json prints the problem document', async () => {
    const problem = { status: 404, code: 'unknown_organization', detail: 'There is no such organization.' };
    server.routes['GET /v1/organizations/demo/balance'] = () => [404, problem];
    expect(JSON.parse((await tally('balance', '--json')).out)).toEqual({ problem });
  });

  test('a refused connection', async () => {
    server.before = () => {
      throw Object.assign(new Error('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
    };
    const { exitCode, err } = await tally('balance');
    expect(err).toBe(
      'No answer from http://fake (the connection was refused). Check that the server runs. Start it with npm start, or set --url.',
    );
    expect(exitCode).toBe(1);
  });

  test('requests to a busy server are retried', async () => {
    let asked = 0;
    server.routes['GET /v1/organizations/demo/balance'] = () =>
      ++asked < 3 ? [503, { detail: 'Starting.' }] : [200, BALANCE];
    expect((await tally('balance')).exitCode).toBe(0);
  });
});

test.each([
  ['12.00', 'USD', 1200],
  ['0.5', 'EUR', 50],
  ['500', 'JPY', 500],
  ['1.234', 'KWD', 1234],
])('grant --paid %s --currency %s sends minor units', async (paid, currency, amount) => {
  server.routes['POST /v1/organizations/acme/grants'] = () => [201, { grantId: 'g9', revision: 3 }];
  await tally('grant', 'acme', '500', '--paid', paid, '--currency', currency);
  expect(JSON.parse(server.requests[0]!.body!)).toMatchObject({ paid: { amount, currency } });
});

test('grant sends the credits as the operator, with one idempotency key', async () => {
  server.routes['POST /v1/organizations/acme/grants'] = () => [201, { grantId: 'g9', revision: 3 }];
  const { out } = await tally(
    'grant',
    'acme',
    '500',
    '--expires',
    '2027-01-01',
    '--scope',
    'ocr',
    '--idempotency-key',
    'k',
  );
  expect(out).toBe('Granted acme 500 credits of kind top-up as grant g9.');
  expect(JSON.parse(server.requests[0]!.body!)).toEqual({
    kind: 'top-up',
    credits: 500,
    expiresAt: '2027-01-01T00:00:00.000Z',
    scope: ['ocr'],
    reason: 'given with tally',
  });
  expect(server.requests[0]!.headers).toMatchObject({ authorization: 'Bearer op', 'idempotency-key': 'k' });
});

test.each([
  ['is unknown', () => [503, { code: 'unknown_outcome', detail: 'Whether this was stored is unknown.' }]],
  [
    'is missing',
    (): never => {
      throw new Error('socket hang up');
    },
  ],
])('a grant whose response %s reports the idempotency key for a retry', async (_, answer) => {
  server.routes['POST /v1/organizations/acme/grants'] = answer as never;
  const { exitCode, err } = await tally('grant', 'acme', '500');
  const keys = new Set(server.requests.map(({ headers }) => headers['idempotency-key']));
  expect([exitCode, keys.size]).toEqual([1, 1]);
  expect(err).toContain(`Run it again with --idempotency-key ${[...keys][0]}: the credits are granted once.`);
});

test('history follows the pages up to --limit', async () => {
  const row = (revision: number) => ({ revision, at: 't', kind: 'granted', credits: 1 });
  let page = 0;
  server.routes['GET /v1/organizations/demo/history'] = () =>
    ++page === 1
      ? [200, { data: [row(3), row(2)], nextCursor: 'c' }]
      : [200, { data: [row(1), row(0)], nextCursor: null }];
  const { out } = await tally('history', '--kind', 'granted', '--limit', '3', '--json');
  expect((JSON.parse(out) as unknown[]).length).toBe(3);
  expect(server.requests[1]!.url).toBe('/v1/organizations/demo/history?kind=granted&cursor=c&limit=1');
});
