import { call, newDirectory, removeDirectories, ServerProcess } from '../support/server';

jest.setTimeout(90_000);

describe('intake and ledger in separate processes', () => {
  const operator = 'an-operator-of-this-test';
  const environment = { TALLY_OPERATOR_KEY: operator, TALLY_LEDGER_KEY: 'the-internal-key-of-this-test' };
  const job = { id: 'far', operation: 'document-extraction', usage: { files: [{ type: 'pdf', pages: 4 }] } };
  const flags = (port = '0') => ['--port', port, '--data', newDirectory()];
  let ledger: ServerProcess;
  let intake: ServerProcess;
  let [ledgerUrl, intakeUrl, project] = ['', '', ''];

  beforeAll(async () => {
    ledger = new ServerProcess({ app: 'credit-ledger', flags: flags(), environment });
    ledgerUrl = await ledger.url();
    const make = async (path: string, body: object) =>
      (await call(`${ledgerUrl}${path}`, { key: operator, body })).body;
    await make('/v1/organizations', { id: 'acme', name: 'Acme' });
    project = (await make('/v1/organizations/acme/keys', { projectId: 'shop' })).key;
    const address = {
      TALLY_LEDGER_URL: await ledger.internalUrl(),
      TALLY_LEDGER_TIMEOUT_MS: '1000',
    };
    intake = new ServerProcess({
      app: 'job-intake',
      flags: flags(),
      environment: { ...environment, ...address },
    });
    intakeUrl = await intake.url();
  });
  afterAll(async () => {
    expect(await intake.stop()).toBe(0);
    if (ledger.isRunning) await ledger.stop();
    removeDirectories();
  });

  test('intake accepts a key of the ledger, and a job is submitted and completed', async () => {
    const submitted = await call(`${intakeUrl}/v1/jobs`, { key: project, body: job });
    expect([submitted.status, submitted.body.credits]).toEqual([202, 4]);
    const ended = { key: operator, body: { organizationId: 'acme' } };
    expect((await call(`${intakeUrl}/v1/jobs/far/complete`, ended)).body.consumed).toBe(4);
    const balance = await call(`${ledgerUrl}/v1/organizations/acme/balance`, { key: operator });
    expect(balance.body).toMatchObject({ consumed: 4, reserved: 0 });
  });

  describe('the internal listener of the ledger', () => {
    const internalKey = environment.TALLY_LEDGER_KEY;
    let internalUrl = '';
    const post = (path: string, argument: unknown, key?: string, at = internalUrl) =>
      call(at + path, { key, body: { argument } });
    const end = (one: object) =>
      post('/internal/jobs/end', [{ organizationId: 'acme', jobId: 'x', ...one }], internalKey);
    beforeAll(async () => void (internalUrl = await ledger.internalUrl()));

    test('is the only listener with /internal, and accepts the internal key only', async () => {
      for (const url of [ledgerUrl, intakeUrl])
        expect((await post('/internal/keys/find', [], internalKey, url)).status).toBe(404);
      const service = (await call(`${ledgerUrl}/v1/ops/keys`, { key: operator, body: { role: 'service' } })).body;
      for (const key of [service.key, operator, project])
        expect(await post('/internal/keys/find', [], key)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      for (const key of [undefined, 'wrong']) expect((await post('/internal/keys/find', [], key)).status).toBe(401);
      expect(await post('/internal/keys/find', [], internalKey)).toMatchObject({ status: 200, body: { result: [] } });
    });

    test('accepts the internal key for internal routes only', async () => {
      for (const url of [ledgerUrl, intakeUrl, internalUrl])
        for (const path of ['/v1/organizations', '/v1/catalog', '/v1/ops/keys', '/v1/organizations/acme/balance'])
          expect([403, 404]).toContain((await call(url + path, { key: internalKey })).status);
      expect((await call(`${intakeUrl}/v1/jobs`, { key: internalKey, body: job })).status).toBe(403);
    });

    const usage = (given: unknown) => ({ outcome: { kind: 'completed', usage: given } });
    const NO_USAGE = { outcome: { kind: 'failed', reason: 'failed' } };
    test.each<[string, object, string]>([
      ['no outcome', {}, 'argument[0].outcome'],
      ['an outcome that is null', { outcome: null }, 'argument[0].outcome'],
      ['an outcome that is a list', { outcome: [] }, 'argument[0].outcome'],
      ['an outcome of no kind', { outcome: {} }, 'argument[0].outcome.kind'],
      ['an outcome of an inherited kind', { outcome: { kind: 'constructor' } }, 'argument[0].outcome.kind'],
      ['a reason of another type', { outcome: { kind: 'failed', reason: 7 } }, 'argument[0].outcome.reason'],
      ['a usage that is a number', usage(7), 'argument[0].outcome.usage'],
      ['pages as text', usage({ pages: '7' }), 'argument[0].outcome.usage.pages'],
      ['pages below zero', usage({ pages: -1 }), 'argument[0].outcome.usage.pages'],
      ['a file that is null', usage({ files: [null] }), 'argument[0].outcome.usage.files[0]'],
      ['a job id that is an object', { ...NO_USAGE, jobId: {} }, 'argument[0].jobId'],
      ['a job id that is a prototype', { ...NO_USAGE, jobId: '__proto__' }, 'argument[0].jobId'],
      ['an organization that is a list', { ...NO_USAGE, organizationId: ['acme'] }, 'argument[0].organizationId'],
      ['an actor that is an object', { ...NO_USAGE, actor: {} }, 'argument[0].actor'],
      ['an invalid time', { ...NO_USAGE, occurredAt: 'yesterday' }, 'argument[0].occurredAt'],
    ])('refuses %s, and the organization keeps working', async (_, ending, field) => {
      expect(await end(ending)).toMatchObject({ status: 422, body: { code: 'invalid_input', errors: [{ field }] } });
      expect((await call(`${intakeUrl}/v1/organizations/acme/balance`, { key: operator })).status).toBe(200);
    });

    test.each<[string, unknown]>([
      ['nothing', undefined],
      ['null', null],
      ['no list', {}],
      ['an empty list', []],
      ['a list of null', [null]],
      [
        'more items than a batch may have',
        Array.from({ length: 1_001 }, () => ({ organizationId: 'acme', jobId: 'x', ...NO_USAGE })),
      ],
    ])('refuses %s as its argument', async (_, argument) => {
      for (const path of ['/internal/jobs/submit', '/internal/jobs/end', '/internal/jobs/preview'])
        expect((await post(path, argument, internalKey)).status).toBe(422);
    });

    test.each([
      ['/internal/jobs/heartbeat', { organizationId: 'acme', jobId: null }],
      ['/internal/jobs/get', 'x'],
      ['/internal/jobs/list', { organizationId: 'acme', limit: 'all' }],
      ['/internal/retention', { organizationId: 'acme' }],
      ['/internal/keys/find', 'hash'],
      ['/internal/keys/find', ['short']],
      ['/internal/jobs/submit', [{ organizationId: 'acme', projectId: {}, jobId: 'x' }]],
    ])('%s refuses %j', async (path, argument) => {
      expect((await post(path, argument, internalKey)).status).toBe(422);
    });

    test('treats null like a missing member', async () => {
      const answer = await end({ ...NO_USAGE, jobId: 'early', occurredAt: null, actor: null });
      expect(answer).toMatchObject({ status: 200, body: { result: [{ kind: 'remembered' }] } });
    });

    test('serves metrics and health details without a key', async () => {
      for (const url of [internalUrl, await intake.internalUrl()]) {
        expect((await call(`${url}/metrics`)).body).toContain('tallystick_http_request_seconds');
        expect((await call(`${url}/health/ready`)).body).toMatchObject({ status: 'ok', stores: {} });
      }
    });

    test('must have a port of its own', async () => {
      const taken = { ...environment, TALLY_INTERNAL_LISTEN: new URL(internalUrl).host };
      const second = new ServerProcess({ app: 'credit-ledger', flags: flags(), environment: taken });
      expect(await second.ended).toBe(1);
      expect(second.err).toBe(
        `TALLY_INTERNAL_LISTEN is "${taken.TALLY_INTERNAL_LISTEN}": that port is in use. Stop who uses it, or take another or none.\n`,
      );
    });
  });

  test.each([
    [
      'the public listener of its ledger',
      () => ledgerUrl,
      {},
      'TALLY_LEDGER_URL does not lead to its TALLY_INTERNAL_LISTEN',
    ],
    [
      'another internal key',
      () => ledger.internalUrl(),
      { TALLY_LEDGER_KEY: 'another-internal-key' },
      'it does not accept the key TALLY_LEDGER_KEY',
    ],
  ])('intake with %s reports it', async (_, at, more, said) => {
    const wrong = { ...environment, ...more, TALLY_LEDGER_URL: await at() };
    const lost = new ServerProcess({ app: 'job-intake', flags: flags(), environment: wrong });
    const ready = await call(`${await lost.url()}/health/ready`);
    expect(ready.status).toBe(503);
    expect(ready.body.checks.ledger).toContain(said);
    await lost.stop();
  });

  test('a refusal of the ledger has the same status and code at intake', async () => {
    const body = { ...job, id: 'expensive', usage: { files: [{ type: 'pdf', pages: 100_000 }] } };
    const refused = await call(`${intakeUrl}/v1/jobs`, { key: project, body });
    expect(refused.status).toBe(402);
    expect(refused.body).toMatchObject({
      success: false,
      error: 'Insufficient credits',
      code: 'insufficient_credits',
    });
  });

  test('intake without its ledger responds with Retry-After and decides nothing', async () => {
    expect(await ledger.stop()).toBe(0);
    const answer = await call(`${intakeUrl}/v1/jobs`, { key: project, body: { ...job, id: 'later' } });
    expect([answer.status, answer.body.code]).toEqual([503, 'unavailable']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('intake without TALLY_LEDGER_URL does not start', async () => {
    const lost = new ServerProcess({ app: 'job-intake', flags: flags() });
    expect(await lost.ended).toBe(1);
    expect(lost.err).toBe(
      'TALLY_LEDGER_URL is not set: job-intake and billing in processes of their own must know their credit-ledger.\n',
    );
  });
});
