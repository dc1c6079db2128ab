import { createHash } from 'node:crypto';
import { Body, Controller, HttpCode, Module, Param, Post, Put, Query } from '@nestjs/common';
import {
  Allow,
  IdempotencyKeys,
  OrganizationParam,
  Problem,
  ScopedByHandler,
  WithoutIdempotencyKey,
} from '@tallystick/contracts/http';
import { PageQueryDto } from '@tallystick/contracts/ledger';
import { UnknownOutcome } from '@tallystick/eventing';
import { OPERATOR_KEY, testApp, type TestApp } from '../../../support/app';

let made = 0;
let release: () => void = () => undefined;

@Allow('operator', 'organization')
@Controller('v1')
class Writes {
  @Post('organizations/:o/grants')
  grant(
    @OrganizationParam('o') _id: string,
    @Body() body: { credits: number },
    @Query() _query: PageQueryDto,
    @IdempotencyKeys() keys?: readonly string[],
  ): object {
    made += 1;
    if (body.credits === 0) throw new UnknownOutcome('cut');
    if (body.credits < 0)
      throw new Problem(402, { code: 'insufficient_credits', title: 'Insufficient credits' }, 'No.');
    return { made, credits: body.credits, derived: keys?.[0] };
  }
  @Post('organizations/:o/keys/:k/roll')
  roll(@OrganizationParam('o') _id: string, @Param('k') id: string): object {
    made += 1;
    return { id, made };
  }
  @Post('organizations/:o/keys')
  key(@OrganizationParam('o') _id: string): object {
    return { id: 'k1', key: 'shown-once' };
  }
  @HttpCode(204)
  @Put('organizations/:o/settings')
  settings(@OrganizationParam('o') _id: string, @Body() _body: object): void {
    made += 1;
  }
  @ScopedByHandler()
  @Post('slow')
  async slow(): Promise<object> {
    await new Promise<void>((resolve) => (release = resolve));
    return { slow: true };
  }
  @ScopedByHandler()
  @WithoutIdempotencyKey()
  @Post('jobs/:id/complete')
  complete(@Param('id') id: string): object {
    made += 1;
    return { id, made };
  }
}
@Module({ controllers: [Writes] })
class IdempotencyTestModule {}

let running: TestApp;
beforeAll(async () => {
  running = await testApp([IdempotencyTestModule]);
  running.holders.keys.set('acme-key', { keyId: 'k9', role: 'organization', organizationId: 'acme' });
});
afterAll(() => running.close());

const send = async (
  url: string,
  idempotencyKey: string | undefined,
  body: object | string = {},
  { method = 'POST' as 'POST' | 'PUT', key = OPERATOR_KEY } = {},
) => {
  const answer = await running.app.inject({
    method,
    url: `/v1/${url}`,
    payload: body,
    headers: {
      authorization: `Bearer ${key}`,
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      'content-type': 'application/json',
    },
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

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');
const GRANTS = 'organizations/acme/grants';

test.each([
  ['another body', GRANTS, { credits: 6 }],
  ['a member more', GRANTS, { credits: 5, scope: ['draw'] }],
  ['a list in another order', GRANTS, { credits: 5, list: [2, 1] }],
  ['another query', `${GRANTS}?limit=1`, { credits: 5 }],
])('the same key with %s is a conflict', async (_, url, body) => {
  await send(GRANTS, `d ${_}`.replace(/ /g, '-'), 'list' in body ? { credits: 5, list: [1, 2] } : { credits: 5 });
  const { status, body: problem } = await send(url, `d ${_}`.replace(/ /g, '-'), body);
  expect([status, problem.code]).toEqual([422, 'idempotency_conflict']);
});

test('another key of the same address is another thing of it: a conflict', async () => {
  await send('organizations/acme/keys/k1/roll', 'roll');
  expect((await send('organizations/acme/keys/k2/roll', 'roll')).body.code).toBe('idempotency_conflict');
});

test.each([
  ['members in another order', '{"credits":5,"to":{"b":1,"a":2}}', '{ "to": { "a": 2, "b": 1 }, "credits": 5 }'],
  ['null for what is left out', '{"credits":5,"to":{}}', '{"credits":5,"scope":null,"to":{"end":null}}'],
  ['another form of a number', '{"credits":5}', '{"credits":5.0e0}'],
  ['another form of a text', '{"credits":5,"reason":"ü"}', '{"credits":5,"reason":"\\u00fc"}'],
])('the same body is the same in another form: %s', async (name, one, two) => {
  const key = name.replace(/ /g, '-');
  const [first, second] = [await send(GRANTS, key, one), await send(GRANTS, key, two)];
  expect([first.replayed, second.status, second.replayed]).toEqual([undefined, 201, 'true']);
  expect(second.body).toEqual(first.body);
});

test('a body without members is as good as none, and the form of the address does not matter', async () => {
  const first = await send('organizations/acme/keys/k1/roll', 'empty');
  const second = await send('organizations/%61cme/keys/k%31/roll/', 'empty', '');
  expect([first.status, second.status, second.replayed]).toEqual([201, 201, 'true']);
});

test('a PUT takes a value away with null: that is another request than one which leaves it alone', async () => {
  await send('organizations/acme/settings', 'null', { name: 'x' }, { method: 'PUT' });
  const other = await send('organizations/acme/settings', 'null', { name: 'x', cap: null }, { method: 'PUT' });
  expect(other.body.code).toBe('idempotency_conflict');
});

test('organizations and routes do not meet, callers do: the credential says nothing about the request', async () => {
  const mine = await send(GRANTS, 'e', { credits: 5 });
  const again = await send(GRANTS, 'e', { credits: 5 }, { key: 'acme-key' });
  expect([mine.status, again.status, again.replayed]).toEqual([201, 201, 'true']);
  expect(again.body).toEqual(mine.body);
  const other = await send('organizations/other/grants', 'e', { credits: 5 });
  const settings = await send('organizations/acme/settings', 'e', { credits: 5 }, { method: 'PUT' });
  expect([other.status, other.replayed, settings.status, settings.replayed]).toEqual([201, undefined, 204, undefined]);
  expect(other.body.derived).not.toBe(mine.body.derived);
});

test('a stored answer is for callers of the route alone', async () => {
  await send(GRANTS, 'private', { credits: 5 });
  running.holders.keys.set('p-key', { keyId: 'k8', role: 'project', organizationId: 'acme', projectId: 'p' });
  running.holders.keys.set('other-key', { keyId: 'k7', role: 'organization', organizationId: 'other' });
  expect((await send(GRANTS, 'private', { credits: 5 }, { key: 'p-key' })).status).toBe(403);
  expect((await send(GRANTS, 'private', { credits: 5 }, { key: 'other-key' })).status).toBe(404);
  expect((await send(GRANTS, 'private', { credits: 5 }, { key: 'no-key' })).status).toBe(401);
});

describe('an answer that version 0.1 stored, under the caller’s key', () => {
  const former = (key: string, caller = 'operator') => sha256(`${caller} POST /v1/organizations/:o/grants ${key}`);
  const store = (key: string, body: object, more: object) => {
    const fingerprint = sha256(`/v1/${GRANTS} ${JSON.stringify(body)}`);
    return running.records.put('idempotency', [{ key: former(key), value: { fingerprint, ...more } }]);
  };

  test('is given to the same request, and from then on to each caller', async () => {
    const before = made;
    await store('upgrade', { credits: 5 }, { status: 201, body: { made: 'long ago' } });
    for (const key of [OPERATOR_KEY, 'acme-key', OPERATOR_KEY]) {
      const answer = await send(GRANTS, 'upgrade', { credits: 5 }, { key });
      expect([answer.status, answer.replayed, answer.body]).toEqual([201, 'true', { made: 'long ago' }]);
    }
    expect(made).toBe(before);
  });

  test('to a request that is still under way there, the second waits', async () => {
    await store('under-way', { credits: 5 }, {});
    expect((await send(GRANTS, 'under-way', { credits: 5 })).body.code).toBe('idempotency_in_progress');
    await running.records.remove('idempotency', [former('under-way')]);
    expect((await send(GRANTS, 'under-way', { credits: 5 })).status).toBe(201);
  });

  test('to another request is none: that organization had no scope of its own then', async () => {
    await store('elsewhere', { credits: 6 }, { status: 201, body: { made: 'long ago' } });
    const { status, replayed } = await send(GRANTS, 'elsewhere', { credits: 5 });
    expect([status, replayed]).toEqual([201, undefined]);
  });
});

test('a request that stood still until its name was taken by the next one does not overwrite its answer', async () => {
  const former = release;
  const first = send('slow', 'still');
  while (release === former) await new Promise(setImmediate);
  const key = sha256('ops POST /v1/slow still');
  const next = { fingerprint: 'f', request: 'the next one' };
  await running.records.put('idempotency', [{ key, value: next }]);
  release();
  expect((await first).status).toBe(201);
  expect(await running.records.get('idempotency', [key], 0)).toEqual([next]);
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
  const payload = `{"credits":5,"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}`;
  const headers = {
    authorization: `Bearer ${OPERATOR_KEY}`,
    'content-type': 'application/json',
    'idempotency-key': 'deep',
  };
  const answer = await running.app.inject({ method: 'POST', url: '/v1/organizations/acme/grants', payload, headers });
  expect([answer.statusCode, answer.json().errors]).toEqual([422, [expect.objectContaining({ rule: 'depth' })]]);
});

test('a refusal is not remembered: the retry may succeed', async () => {
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

  test.each([
    ['that the request has started: nothing was done', 'putFree', 'unavailable', 0],
    ['the answer: what was done is there', 'replace', 'unknown_outcome', 1],
  ] as const)('of keeping %s, and the same key may be sent again', async (_, write, code, done) => {
    const before = made;
    const spy = jest.spyOn(running.records, write).mockRejectedValueOnce(new UnknownOutcome('away'));
    const first = await send(GRANTS, `v-${write}`, { credits: 5 });
    spy.mockRestore();
    expect([first.status, first.body.code, made]).toEqual([503, code, before + done]);
    const second = await send(GRANTS, `v-${write}`, { credits: 5 });
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

test.each(['with space', 'two, headers', 'x'.repeat(256), 'ü', '', ' '])(
  'a key that is no key is refused: "%s"',
  async (key) => {
    const before = made;
    const { status, body } = await send(GRANTS, key, { credits: 1 });
    expect([status, body.errors?.[0].field, made]).toEqual([422, 'Idempotency-Key', before]);
  },
);

test('a key of 255 characters is one', async () => {
  expect((await send(GRANTS, '~'.repeat(255), { credits: 1 })).status).toBe(201);
});
