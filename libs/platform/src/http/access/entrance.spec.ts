import { Module } from '@nestjs/common';
import { OPERATOR_KEY, testApp, type TestApp } from '../../../support/app';

@Module({})
class EntranceTestModule {}

/** One for all tests with the same settings. */
const apps = new Map<string, Promise<TestApp>>();
function started(settings: Readonly<Record<string, string>>): Promise<TestApp> {
  const name = JSON.stringify(settings);
  const app = apps.get(name) ?? testApp([EntranceTestModule], settings);
  apps.set(name, app);
  return app;
}
afterAll(async () => {
  for (const app of apps.values()) await (await app).close();
});

const OPEN = '0.0.0.0:4400';

describe('the Host of a request', () => {
  const NAMES = 'credits.example.com, [fd00::5]';
  const forms: readonly (readonly [what: string, settings: Record<string, string>, host: string, status: number])[] = [
    ['this machine, on a loopback listener', {}, 'localhost:4400', 200],
    ['its address', {}, '127.0.0.1', 200],
    ['its IPv6 address', {}, '[::1]:4400', 200],
    ['a name of the web', {}, 'evil.example', 421],
    ['a configured name', { TALLY_ALLOWED_HOSTS: NAMES }, 'Credits.Example.com.:443', 200],
    ['a configured address', { TALLY_ALLOWED_HOSTS: NAMES }, '[fd00::5]', 200],
    ['this machine beside configured names', { TALLY_ALLOWED_HOSTS: NAMES }, 'localhost', 200],
    ['a name below a configured one', { TALLY_ALLOWED_HOSTS: NAMES }, 'x.credits.example.com', 421],
    ['any name, where others reach the listener', { TALLY_LISTEN: OPEN }, 'evil.example', 200],
    ['a name that is not configured there', { TALLY_LISTEN: OPEN, TALLY_ALLOWED_HOSTS: NAMES }, 'evil.example', 421],
    ['a listener by IPv6 loopback', { TALLY_LISTEN: '[::1]:4400' }, 'evil.example', 421],
    ['a listener by name', { TALLY_LISTEN: 'localhost:4400' }, 'evil.example', 421],
  ];
  test.each(forms)('%s', async (_, settings, host, status) => {
    const { app } = await started(settings);
    expect((await app.inject({ url: '/docs/problems', headers: { host } })).statusCode).toBe(status);
  });

  test('that is refused gets an answer with the next step', async () => {
    const { app } = await started({});
    const refused = await app.inject({ url: '/v1/nothing', headers: { host: 'evil.example' } });
    expect(refused.json()).toMatchObject({
      status: 421,
      code: 'wrong_host',
      detail: expect.stringContaining('TALLY_ALLOWED_HOSTS'),
    });
  });

  test('of a probe may be an address although names are configured', async () => {
    const { app } = await started({ TALLY_LISTEN: OPEN, TALLY_ALLOWED_HOSTS: 'credits.example.com' });
    const probe = await app.inject({ url: '/health/live', headers: { host: '10.1.2.3:4400' } });
    expect(probe.statusCode).toBe(200);
  });
});

describe('answers are kept nowhere', () => {
  test.each(['/v1/nothing', '/health/live', '/metrics', '/v1/%zz', `/${'x'.repeat(2_000)}`])('%s', async (url) => {
    const { app } = await started({});
    expect((await app.inject({ url })).headers['cache-control']).toBe('no-store');
  });

  test('but documentation may be', async () => {
    const { app } = await started({});
    for (const url of ['/docs', '/docs/problems', '/docs/openapi.json', '/docs/swagger-ui.css'])
      expect((await app.inject({ url })).headers['cache-control']).not.toBe('no-store');
  });
});

describe('what concerns operators alone', () => {
  const bearer = (key?: string): Record<string, string> =>
    key === undefined ? {} : { authorization: `Bearer ${key}` };
  const service = async ({ holders }: TestApp) => void holders.keys.set('service-key', { keyId: 'k', role: 'service' });

  test.each([
    ['a caller without a key', undefined, 401],
    ['a wrong key', 'wrong', 401],
    ['a service', 'service-key', 403],
    ['an operator', OPERATOR_KEY, 200],
  ])('where others reach the listener, metrics are given to %s: %s', async (_, key, status) => {
    const running = await started({ TALLY_LISTEN: OPEN });
    await service(running);
    const answer = await running.app.inject({ url: '/metrics', headers: bearer(key) });
    expect(answer.statusCode).toBe(status);
    expect(answer.body.includes('tallystick_')).toBe(status === 200);
  });

  test.each([
    ['a caller without a key', undefined, false],
    ['a wrong key', 'wrong', false],
    ['a service', 'service-key', false],
    ['an operator', OPERATOR_KEY, true],
  ])('and details of readiness to %s: %s', async (_, key, seesAll) => {
    const running = await started({ TALLY_LISTEN: OPEN });
    await service(running);
    const answer = await running.app.inject({ url: '/health/ready', headers: bearer(key) });
    expect(answer.statusCode).toBe(503);
    const alone = { status: 'unavailable' };
    if (seesAll) expect(answer.json()).toMatchObject({ ...alone, checks: { service: 'starting' } });
    else expect(answer.json()).toEqual(alone);
  });

  test('a probe is answered though its key cannot be looked up', async () => {
    const running = await started({ TALLY_LISTEN: OPEN });
    const find = jest.spyOn(running.holders, 'find').mockRejectedValue(new Error('disk'));
    const answer = await running.app.inject({ url: '/health/ready', headers: bearer('any') });
    expect([answer.statusCode, answer.json()]).toEqual([503, { status: 'unavailable' }]);
    find.mockRestore();
  });

  test.each([
    ['from this machine', {}, 200],
    ['by a reverse proxy on it', { headers: { 'x-forwarded-for': '203.0.113.7' } }, 401],
    ['by a proxy that says so in the standard way', { headers: { forwarded: 'for=203.0.113.7' } }, 401],
    ['from elsewhere', { remoteAddress: '203.0.113.7' }, 401],
  ])('on a loopback listener metrics are open %s: %s', async (_, asked, status) => {
    const { app } = await started({});
    expect((await app.inject({ url: '/metrics', ...asked })).statusCode).toBe(status);
  });
});
