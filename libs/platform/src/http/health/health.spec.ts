import { Module } from '@nestjs/common';
import { PROBLEM_TITLES, Readiness } from '@tallystick/contracts/http';
import { REFUSALS } from '@tallystick/contracts/ledger';
import { EventStore, StoreUnavailable } from '@tallystick/eventing';
import { HealthRegistry } from './health-registry';
import { measured } from '../../telemetry';
import { SERVER_CODES } from '../problems/problem-of';
import { testApp, type TestApp } from '../../../support/app';

@Module({})
class HealthTestModule {}

let running: TestApp;
beforeAll(async () => (running = await testApp([HealthTestModule])));
afterAll(() => running.close());

const get = (url: string) => running.app.inject({ url });
const ready = async () => {
  const { statusCode, body } = await get('/health/ready');
  return [statusCode, (JSON.parse(body) as { checks: Record<string, string> }).checks] as const;
};

test('live from the first moment, ready only once it serves', async () => {
  expect((await get('/health/live')).statusCode).toBe(200);
  expect(await ready()).toEqual([503, expect.objectContaining({ service: 'starting' })]);
  running.app.get(HealthRegistry).setState('serving');
  expect(await ready()).toEqual([
    200,
    { service: 'ok', 'event store': 'ok', 'view store': 'ok', 'record store': 'ok', clock: 'ok', bus: 'ok' },
  ]);
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

test.each([
  [503, { fault: 'writes are refused for the user "ops"' }, 'writes are refused for the user "ops"'],
  [200, { note: 'the clock of this machine is 3 s behind' }, 'ok: the clock of this machine is 3 s behind'],
  [503, { fault: 'no subscription', note: 'a clock' }, 'no subscription'],
])('an event store that answers reads may have more to say: %i', async (status, health, said) => {
  const asked = jest.spyOn(running.app.get(EventStore), 'health').mockResolvedValue(health);
  expect(await ready()).toEqual([status, expect.objectContaining({ 'event store': said })]);
  asked.mockRestore();
  expect((await ready())[0]).toBe(200);
});

test('the answer names the stores in use beside the checks', async () => {
  const { body } = await get('/health/ready');
  expect(JSON.parse(body)).toMatchObject({
    stores: { eventStore: { kind: 'sqlite' }, bus: { kind: 'embedded' } },
  });
});

test('messages that are not taken make it unready', async () => {
  running.consumers.ready = false;
  expect(await ready()).toEqual([503, expect.objectContaining({ bus: 'messages are not taken' })]);
  running.consumers.ready = true;
});

test('on its way down it is not ready', async () => {
  running.app.get(HealthRegistry).setState('stopping');
  expect(await ready()).toEqual([503, expect.objectContaining({ service: 'stopping' })]);
});

test('metrics count answers by route and problems by code', async () => {
  await get('/v1/nowhere');
  const { body, headers } = await get('/metrics');
  expect(headers['content-type']).toContain('text/plain');
  expect(body).toContain('tallystick_problems_total{code="not_found"}');
  expect(body).toMatch(/tallystick_http_request_seconds_count\{route="\/health\/ready",method="GET",status="200"\} \d/);
  expect(body).toMatch(/route="unknown",method="GET",status="404"/);
});

test('requests under way are counted up and down, also those that never reach a route', async () => {
  for (const url of ['/v1/%zz', '/v1/nowhere', `/${'x'.repeat(2_000)}`, '/health/live']) await get(url);
  const { body } = await get('/metrics');
  expect(body).toMatch(/^tallystick_http_requests_under_way 1$/m);
});

test('every code that the platform and the ledger answer with is on the page of problems', async () => {
  const { body } = await get('/docs/problems');
  const codes = [...Object.keys(REFUSALS), ...Object.keys(PROBLEM_TITLES), ...SERVER_CODES];
  expect(codes.filter((code) => !body.includes(`<dt id="${code}">`))).toEqual([]);
});

test('appends are timed by their outcome', async () => {
  const failing = { append: () => Promise.reject(new StoreUnavailable('gone')) } as unknown as EventStore;
  const working = { append: async () => 3 } as unknown as EventStore;
  await expect(measured(failing).append('s', 0, [])).rejects.toThrow('gone');
  expect(await measured(working).append('s', 0, [])).toBe(3);
  const { body } = await get('/metrics');
  for (const outcome of ['stored', 'StoreUnavailable'])
    expect(body).toContain(`tallystick_append_seconds_count{outcome="${outcome}"} 1`);
});

test('the docs need nothing from elsewhere', async () => {
  const page = (await get('/docs')).body;
  expect(page).not.toMatch(/(src|href)=['"](https?:)?\/\//);
  for (const [, asset] of page.matchAll(/(?:src|href)=['"]\.\/(docs\/[^'"]+)['"]/g))
    expect([asset, (await get(`/${asset}`)).statusCode]).toEqual([asset, 200]);
  expect((await get('/docs/openapi.json')).json().info.title).toBe('Tallystick');
  expect((await get('/docs/problems')).body).toContain('id="insufficient_credits"');
});
