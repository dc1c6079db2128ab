import { Body, Controller, HttpCode, Module, Param, Post, Put } from '@nestjs/common';
import { Allow, IdempotencyKey, Problem } from '@tallystick/contracts';
import { UnknownOutcome } from '@tallystick/eventing';
import { OPERATOR_KEY, testApp, type TestApp } from '../testing/app';

let made = 0;
let release: () => void = () => undefined;

@Allow('operator', 'organization')
@Controller('v1')
class Writes {
  @Post('organizations/:o/grants')
  grant(@Body() body: { credits: number }, @IdempotencyKey() key?: string): object {
    made += 1;
    if (body.credits === 0) throw new UnknownOutcome('cut');
    if (body.credits < 0) throw new Problem(402, 'insufficient_credits', 'No.');
    return { made, credits: body.credits, derived: key };
  }
  @Post('organizations/:o/keys')
  key(): object {
    return { id: 'k1', key: 'shown-once' };
  }
  @HttpCode(204)
  @Put('organizations/:o/settings')
  settings(@Body() _body: object): void {
    made += 1;
  }
  @Post('slow')
  async slow(): Promise<object> {
    await new Promise<void>((resolve) => (release = resolve));
    return { slow: true };
  }
  @Post('jobs/:id/complete')
  complete(@Param('id') id: string): object {
    made += 1;
    return { id, made };
  }
}
@Module({ controllers: [Writes] })
class TestModule {}

let running: TestApp;
beforeAll(async () => {
  running = await testApp([TestModule]);
  running.holders.keys.set('acme-key', { keyId: 'k9', role: 'organization', organizationId: 'acme' });
});
afterAll(() => running.close());

const send = async (
  url: string,
  idempotencyKey: string | undefined,
  body: object = {},
  { method = 'POST' as 'POST' | 'PUT', key = OPERATOR_KEY } = {},
) => {
  const answer = await running.app.inject({
    method,
    url: `/v1/${url}`,
    payload: body,
    headers: { authorization: `Bearer ${key}`, ...(idempotencyKey && { 'idempotency-key': idempotencyKey }) },
  });
  const replayed = answer.headers['idempotency-replayed'];
  return { status: answer.statusCode, replayed, body: answer.body && answer.json(), headers: answer.headers };
};

const kept = () => running.records.list('idempotency', { prefix: '', limit: 1_000, now: 0 });

test('a repetition gets the first answer, and nothing is done again', async () => {
  const first = await send('organizations/acme/grants', 'a', { credits: 5 });
  const second = await send('organizations/acme/grants', 'a', { credits: 5 });
  expect([first.status, first.replayed]).toEqual([201, undefined]);
  expect([second.status, second.replayed]).toEqual([201, 'true']);
  expect(second.body).toEqual(first.body);
});

test('without a key, or with another, it is another write', async () => {
  const bodies = [];
  for (const key of [undefined, undefined, 'b', 'c'])
    bodies.push((await send('organizations/acme/grants', key, { credits: 5 })).body.made);
  expect(new Set(bodies).size).toBe(4);
});

test.each([
  ['another body', 'organizations/acme/grants', { credits: 6 }],
  ['another organization', 'organizations/other/grants', { credits: 5 }],
])('the same key with %s is a conflict', async (_, url, body) => {
  await send('organizations/acme/grants', 'd', { credits: 5 });
  const { status, body: problem } = await send(url, 'd', body);
  expect([status, problem.code]).toEqual([422, 'idempotency_conflict']);
});

test('keys of two callers, and of two routes, do not meet', async () => {
  const mine = await send('organizations/acme/grants', 'e', { credits: 5 });
  const other = await send('organizations/acme/grants', 'e', { credits: 7 }, { key: 'acme-key' });
  const settings = await send('organizations/acme/settings', 'e', { credits: 5 }, { method: 'PUT' });
  expect([mine.status, other.status, settings.status]).toEqual([201, 201, 204]);
  expect(other.body.derived).not.toBe(mine.body.derived);
});

test('while the first is under way, the second is asked to wait', async () => {
  const first = send('slow', 'f');
  await new Promise((resolve) => setTimeout(resolve, 50));
  const second = await send('slow', 'f');
  expect([second.status, second.body.code, second.headers['retry-after']]).toEqual([
    409,
    'idempotency_in_progress',
    '1',
  ]);
  release();
  expect((await first).status).toBe(201);
  expect((await send('slow', 'f')).replayed).toBe('true');
});

test('a body that is nested too deeply to be compared is refused', async () => {
  const payload = `{"credits":5,"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  const headers = { authorization: `Bearer ${OPERATOR_KEY}`, 'content-type': 'application/json', 'idempotency-key': 'deep' }; // prettier-ignore
  const answer = await running.app.inject({ method: 'POST', url: '/v1/organizations/acme/grants', payload, headers }); // prettier-ignore
  expect([answer.statusCode, answer.json().errors]).toEqual([422, [expect.objectContaining({ rule: 'depth' })]]); // prettier-ignore
});

test('a "no" is not remembered: it may become a yes', async () => {
  expect((await send('organizations/acme/grants', 'g', { credits: -1 })).status).toBe(402);
  expect((await send('organizations/acme/grants', 'g', { credits: 5 })).status).toBe(201);
});

describe('an outcome that is unknown', () => {
  test('is not remembered: the same key reaches the service again', async () => {
    const before = made;
    for (const _ of [1, 2]) {
      const { status, body } = await send('organizations/acme/grants', 'u', { credits: 0 });
      expect([status, body.code]).toEqual([503, 'unknown_outcome']);
      expect(body.detail).toContain('with the same Idempotency-Key: it is done once');
    }
    expect(made).toBe(before + 2);
  });

  const failing = (call: number) => {
    const put = running.records.put.bind(running.records);
    let calls = 0;
    return jest.spyOn(running.records, 'put').mockImplementation(async (...given) => {
      if (++calls === call) throw new UnknownOutcome('away');
      return put(...given);
    });
  };

  test.each([
    ['that the request has begun: nothing was done', 1, 'unavailable', 0],
    ['the answer: what was done is there', 2, 'unknown_outcome', 1],
  ])('of keeping %s, and the same key may come again', async (_, call, code, done) => {
    const before = made;
    const spy = failing(call);
    const first = await send('organizations/acme/grants', `v${call}`, { credits: 5 });
    spy.mockRestore();
    expect([first.status, first.body.code, made]).toEqual([503, code, before + done]);
    const second = await send('organizations/acme/grants', `v${call}`, { credits: 5 });
    expect([second.status, second.replayed]).toEqual([201, undefined]);
  });
});

test('a fresh secret is shown once and never kept', async () => {
  const first = await send('organizations/acme/keys', 'h');
  const second = await send('organizations/acme/keys', 'h');
  expect(first.body).toEqual({ id: 'k1', key: 'shown-once' });
  expect(second.body).toEqual({ id: 'k1' });
  expect(JSON.stringify(await kept())).not.toContain('shown-once');
});

test('an answer without a body is replayed too', async () => {
  await send('organizations/acme/settings', 'i', {}, { method: 'PUT' });
  const before = made;
  const second = await send('organizations/acme/settings', 'i', {}, { method: 'PUT' });
  expect([second.status, second.replayed, made]).toEqual([204, 'true', before]);
});

test('a job’s id is its own key', async () => {
  const first = await send('jobs/j1/complete', 'j');
  const second = await send('jobs/j1/complete', 'j');
  expect(second.body.made).toBe(first.body.made + 1);
});

test('answers are forgotten after a day', async () => {
  const left = (await kept()).map(({ expiresAt = 0 }) => expiresAt - Date.now());
  expect(Math.max(...left)).toBeLessThanOrEqual(24 * 3_600_000);
  expect(Math.max(...left)).toBeGreaterThan(23 * 3_600_000);
});

test.each(['with space', 'x'.repeat(256), 'ü'])('a key that is no key is refused: %s', async (key) => {
  expect((await send('organizations/acme/grants', key, { credits: 1 })).status).toBe(422);
});
