import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from './client/connect';
import { duration } from './output/progress';
import { facts, table } from './output/table';
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

const done = { state: 'done', position: 9, head: 9 };

let server: FakeServer;
beforeEach(() => (server = new FakeServer()));
const tally = (...args: string[]) => runTally(args, { client: server.client(), organizationId: 'demo' });
const keyOf = (at: number) => server.requests[at]!.headers.authorization;

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

describe('replay', () => {
  const report = (differences: object[]) => {
    let asked = 0;
    server.routes['POST /v1/ops/replay'] = () => [202, { id: 'r1' }];
    server.routes['GET /v1/ops/replay/r1'] = () =>
      ++asked < 3 ? [200, { state: 'running', position: 1, head: 9 }] : [200, { ...done, differences }];
  };

  test('finds nothing', async () => {
    report([]);
    const { out, exitCode } = await tally('replay');
    expect([exitCode, out]).toEqual([0, 'Every view matches the log, up to position 9.']);
    expect(keyOf(0)).toBe('Bearer op');
  });

  test('reports the first difference', async () => {
    report([
      {
        view: 'balances',
        organizationId: 'acme',
        key: 'acme',
        live: { available: 6 },
        replayed: { available: 5 },
      },
      { view: 'usage', organizationId: 'acme', key: 'x', live: 1, replayed: 2 },
    ]);
    const { out, exitCode } = await tally('replay', 'acme');
    expect(exitCode).toBe(1);
    expect(out.split('\n')).toEqual([
      '2 differences, the first in view balances, organization acme, key acme:',
      '          value',
      'live      {"available":6}',
      'replayed  {"available":5}',
      'The view is wrong, because views are derived from the log. Rebuild the view with: tally rebuild balances',
    ]);
    expect(JSON.parse(server.requests[0]!.body!)).toEqual({ organizationId: 'acme' });
  });

  test('that fails is an error', async () => {
    server.routes['POST /v1/ops/replay'] = () => [202, { id: 'r1' }];
    server.routes['GET /v1/ops/replay/r1'] = () => [200, { ...done, state: 'failed', detail: 'The disk is full.' }];
    expect(await tally('replay')).toMatchObject({
      exitCode: 1,
      err: 'The operation failed: The disk is full.',
    });
  });
});

test('verify reports the first violation and the next step', async () => {
  const breaches: object[] = [];
  server.routes['POST /v1/ops/verify'] = () => [202, { id: 'v' }];
  server.routes['GET /v1/ops/verify/v'] = () => [200, { ...done, events: 10, organizations: 1, breaches }];
  expect(await tally('verify')).toMatchObject({
    exitCode: 0,
    out: '10 events of 1 organization: every credit is accounted for.',
  });
  breaches.push({ organizationId: 'acme', revision: 7, what: 'available is -1' });
  const { out, exitCode } = await tally('verify');
  expect(exitCode).toBe(1);
  expect(out).toContain('The first is in organization acme at revision 7: available is -1');
  expect(out).toContain('tally events acme --from 2');
});

test('rebuild waits for the view, and lists the views for an unknown name', async () => {
  let asked = 0;
  server.routes['GET /v1/ops/views'] = () => {
    const rebuilding = ++asked === 2 ? { position: 1, head: 9 } : null;
    return [200, { data: [{ name: 'balances', checkpoint: 9, head: 9, rebuilding }] }];
  };
  server.routes['POST /v1/ops/views/balances/rebuild'] = () => [202, undefined];
  expect(await tally('rebuild', 'balances')).toMatchObject({
    exitCode: 0,
    out: 'Rebuilt balances up to position 9.',
  });
  expect(await tally('rebuild', 'balance')).toMatchObject({
    exitCode: 2,
    err: 'There is no view balance; the views are balances.',
  });
});

describe('where the server is', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tally-demo-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const demo = {
    url: 'http://127.0.0.1:4400',
    organizationId: 'demo',
    projectId: 'p',
    keys: { operator: 'o' },
  };

  test('neither key nor demo is a usage error', async () => {
    await expect(connect({}, {}, folder)).rejects.toMatchObject({ exitCode: 2 });
    await expect(connect({ url: 'localhost', key: 'k' }, {}, folder)).rejects.toMatchObject({ exitCode: 2 });
  });

  test('demo.json of the data directory by default', async () => {
    writeFileSync(join(folder, 'demo.json'), JSON.stringify(demo));
    const environment = { TALLY_EVENT_STORE: 'sqlite:.' };
    expect((await connect({}, environment, folder)).organizationId).toBe('demo');
    const other = await connect({ url: 'http://other:1/', key: 'k' }, environment, folder);
    expect([other.client.where, other.organizationId]).toEqual(['http://other:1', undefined]);
    const named = await connect({}, { ...environment, TALLY_URL: 'http://env:1', TALLY_KEY: 'k' }, folder);
    expect(named.client.where).toBe('http://env:1');
  });

  test.each(['', '{"url', '\u0000\u0000', '[]', 'null', '{"keys":{}}'])(
    'an unreadable demo.json (%j) is reported when it is needed',
    async (text) => {
      const environment = { TALLY_EVENT_STORE: 'sqlite:damaged' };
      mkdirSync(join(folder, 'damaged'), { recursive: true });
      writeFileSync(join(folder, 'damaged/demo.json'), text);
      const connecting = connect({}, environment, folder);
      await expect(connecting).rejects.toMatchObject({ exitCode: 2 });
      await expect(connecting).rejects.toThrow(/demo\.json cannot be read \(.*\)\. .*--key-file FILE/);
      const other = await connect({ url: 'http://other:1', key: 'k' }, environment, folder);
      expect(other.client.where).toBe('http://other:1');
    },
  );

  describe('a key that is not visible in the list of processes', () => {
    const keyOf = async (target: object, environment: Record<string, string> = {}) => {
      const sent: (string | null)[] = [];
      const answer = (_: unknown, { headers }: { headers: Record<string, string> }) => {
        sent.push(headers.authorization ?? null);
        return Promise.resolve(new Response('{}'));
      };
      const fetched = jest.spyOn(globalThis, 'fetch').mockImplementation(answer as never);
      const { client } = await connect({ url: 'http://s:1', ...target }, environment, folder);
      await client.get('/');
      fetched.mockRestore();
      return sent[0];
    };
    beforeAll(() => {
      writeFileSync(join(folder, 'key'), ' from-file\n');
      writeFileSync(join(folder, 'two'), 'one\ntwo\n');
    });

    test.each<[string, object, Record<string, string>, string]>([
      ['the option with a file', { keyFile: 'key' }, { TALLY_KEY: 'env' }, 'Bearer from-file'],
      ['the environment', {}, { TALLY_KEY: 'env', TALLY_KEY_FILE: 'key' }, 'Bearer env'],
      ['a file from the environment', {}, { TALLY_KEY_FILE: 'key' }, 'Bearer from-file'],
      ['the option with the key, as before', { key: 'given' }, { TALLY_KEY: 'env' }, 'Bearer given'],
    ])('%s', async (_, target, environment, expected) => expect(await keyOf(target, environment)).toBe(expected));

    test.each<[object, string]>([
      [{ keyFile: 'none' }, 'cannot be read. Check its name and its permissions.'],
      [{ keyFile: 'two' }, 'must contain only one key.'],
      [{ keyFile: 'key', key: 'k' }, 'Give --key or --key-file, not both.'],
    ])('%j is a usage error', async (target, said) => {
      await expect(keyOf(target)).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringContaining(said),
      });
    });

    test('help recommends it with the reason', async () => {
      const { out } = await tally('--help');
      expect(out.replace(/\s+/g, ' ')).toContain(
        'other users can see it in the list of processes, so prefer TALLY_KEY or --key-file',
      );
    });
  });
});

test('tables leave out empty columns and control characters', () => {
  const columns = [
    { title: 'name', of: (row: { name: string; n?: number }) => row.name },
    { title: 'n', of: (row: { name: string; n?: number }) => row.n },
  ];
  expect(table([{ name: 'a\u001b[31mb' }], columns)).toBe('name\na [31mb');
  expect(table([{ name: 'a', n: 1000 }, { name: 'bc' }], columns)).toBe('name      n\na     1,000\nbc        –');
  expect(
    facts([
      ['a', 1],
      ['bb', 'x'],
      ['c', undefined],
    ]),
  ).toBe('a   1\nbb  x');
});

test.each([
  [0.2, '1 s'],
  [59, '59 s'],
  [200, '3 min 20 s'],
  [7_500, '2 h 5 min'],
])('%d seconds are %s', (seconds, text) => expect(duration(seconds)).toBe(text));
