import { FakeServer } from '../../support/fake-server';
import { runTally } from '../../support/run-tally';

const done = { state: 'done', position: 9, head: 9 };

let server: FakeServer;
beforeEach(() => (server = new FakeServer()));
const tally = (...args: string[]) => runTally(args, { client: server.client(), organizationId: 'demo' });

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
    expect(server.requests[0]!.headers.authorization).toBe('Bearer op');
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

describe('verify of an installation with billing', () => {
  const done = { state: 'done', position: 1, head: 1 };
  const clean = { ...done, events: 10, organizations: 1, breaches: [] };
  const billing = { ...done, events: 5, organizations: 1, invoices: 2, breaches: [], foreign: [] };

  beforeEach(() => {
    server.routes['POST /v1/ops/verify'] = () => [202, { id: 'v' }];
    server.routes['GET /v1/ops/verify/v'] = () => [200, clean];
    server.routes['POST /v1/ops/billing/verify'] = () => [202, { id: 'b' }];
    server.routes['GET /v1/ops/billing/verify/b'] = () => [200, billing];
  });

  test('says what was compared', async () => {
    const { out, exitCode } = await tally('verify');
    expect(out).toContain('1 subscription stream and 2 invoices: every paid line is granted once.');
    expect(exitCode).toBe(0);
  });

  test('fails for a paid line without its grant', async () => {
    const breaches = [{ organizationId: 'acme', what: 'there is no grant invoice:acme.1:0' }];
    server.routes['GET /v1/ops/billing/verify/b'] = () => [200, { ...billing, breaches }];
    const { out, exitCode } = await tally('verify');
    expect(out).toContain('The first is in organization acme: there is no grant invoice:acme.1:0');
    expect(exitCode).toBe(1);
    expect(JSON.parse((await tally('verify', '--json')).out)).toMatchObject({ breaches, billing: { breaches } });
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
    return [200, { data: [{ name: 'balances', checkpoint: 9, head: 9, rows: 1_200, rebuilding }] }];
  };
  server.routes['POST /v1/ops/views/balances/rebuild'] = () => [202, undefined];
  expect(await tally('rebuild', 'balances')).toMatchObject({
    exitCode: 0,
    out: 'Rebuilt balances up to position 9: 1,200 rows.',
  });
  expect(await tally('rebuild', 'balance')).toMatchObject({
    exitCode: 2,
    err: 'There is no view balance; the views are balances.',
  });
});
