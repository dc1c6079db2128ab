import { Module } from '@nestjs/common';
import { Readiness } from '@tallystick/contracts';
import { Checks } from '../running/checks';
import { testApp, type TestApp } from '../testing/app';

@Module({})
class TestModule {}

let running: TestApp;
beforeAll(async () => (running = await testApp([TestModule])));
afterAll(() => running.close());

const get = (url: string) => running.app.inject({ url });
const ready = async () => {
  const { statusCode, body } = await get('/health/ready');
  return [statusCode, (JSON.parse(body) as { checks: Record<string, string> }).checks] as const;
};

test('live from the first moment, ready only once it serves', async () => {
  expect((await get('/health/live')).statusCode).toBe(200);
  expect(await ready()).toEqual([503, expect.objectContaining({ service: 'starting' })]);
  running.app.get(Checks).enter('serving');
  expect(await ready()).toEqual([200, { service: 'ok', 'event store': 'ok', 'record store': 'ok' }]);
});

test.each([
  ['says what is wrong', () => 'the view balances is 9 s behind', 'the view balances is 9 s behind'],
  ['throws', () => Promise.reject(new Error('disk')), 'disk'],
  ['never answers', () => new Promise<undefined>(() => undefined), 'no answer within 2000 ms'],
])('a check of a service that %s makes it unready', async (_, check, said) => {
  running.app.get(Readiness).add('views', check);
  expect(await ready()).toEqual([503, expect.objectContaining({ views: said, 'event store': 'ok' })]);
  running.app.get(Readiness).add('views', () => undefined);
  expect((await ready())[0]).toBe(200);
});

test('on its way down it is not ready', async () => {
  running.app.get(Checks).enter('stopping');
  expect(await ready()).toEqual([503, expect.objectContaining({ service: 'stopping' })]);
});

test('metrics count answers by route and problems by code', async () => {
  await get('/v1/nowhere');
  const { body, headers } = await get('/metrics');
  expect(headers['content-type']).toContain('text/plain');
  expect(body).toContain('tallystick_problems_total{code="not_found"}');
  expect(body).toMatch(
    /tallystick_http_request_seconds_count\{route="\/health\/ready",method="GET",status="200"\} \d/,
  );
  expect(body).toMatch(/route="unknown",method="GET",status="404"/);
});

test('the docs need nothing from elsewhere', async () => {
  const page = (await get('/docs')).body;
  expect(page).not.toMatch(/(src|href)=['"](https?:)?\/\//);
  for (const [, asset] of page.matchAll(/(?:src|href)=['"]\.\/(docs\/[^'"]+)['"]/g))
    expect([asset, (await get(`/${asset}`)).statusCode]).toEqual([asset, 200]);
  expect((await get('/docs/openapi.json')).json().info.title).toBe('Tallystick');
  expect((await get('/docs/problems')).body).toContain('id="insufficient_credits"');
});
