import { Controller, Get, Module, Post, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants';
import { DiscoveryService, MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core';
import {
  Allow,
  ALLOWED_ROLES,
  type Caller,
  CurrentCaller,
  Open,
  OPEN_ROUTE,
  OrganizationParam,
  ProjectParam,
} from '@tallystick/contracts/http';
import { OPERATOR_KEY, testApp, type TestApp } from '../../../support/app';

const INTERNAL_KEY = 'internal-key-of-this-test';

@Controller('v1/organizations/:organizationId')
class Organizations {
  @Allow('operator', 'organization', 'project')
  @Get('balance')
  balance(@CurrentCaller() caller: Caller, @OrganizationParam('organizationId') _id: string): Caller {
    return caller;
  }
  @Allow('organization', 'project')
  @Get('projects/:p')
  project(@OrganizationParam('organizationId') _id: string, @ProjectParam('p') _projectId: string): object {
    return {};
  }
  @Allow('operator')
  @Post('grants')
  grant(): object {
    return {};
  }
  @Get('forgotten')
  forgotten(): object {
    return {};
  }
}
@Open()
@Controller('open')
class OpenRoutes {
  @Get()
  open(): object {
    return {};
  }
}
@Module({ controllers: [Organizations, OpenRoutes] })
class SecurityTestModule {}

const ACME: Caller = { keyId: 'k1', role: 'organization', organizationId: 'acme' };
const SHOP: Caller = { keyId: 'k2', role: 'project', organizationId: 'acme', projectId: 'shop' };

let running: TestApp;
beforeAll(async () => {
  running = await testApp([SecurityTestModule], { TALLY_KEY_CACHE_SECONDS: '60', TALLY_LEDGER_KEY: INTERNAL_KEY });
  running.holders.keys.set('acme-key', ACME).set('shop-key', SHOP);
});
afterAll(() => running.close());

const ask = async (url: string, key?: string, method: 'GET' | 'POST' = 'GET') =>
  running.app.inject({ method, url, headers: key === undefined ? {} : { authorization: `Bearer ${key}` } });

const OWN = '/v1/organizations/acme';
describe('who may call', () => {
  test.each([
    ['no key', `${OWN}/balance`, undefined, 401, 'unauthorized'],
    ['an unknown key', `${OWN}/balance`, 'nobody-has-it', 401, 'unauthorized'],
    ['a key that is no token', `${OWN}/balance`, 'a b', 401, 'unauthorized'],
    ['the own organization', `${OWN}/balance`, 'acme-key', 200, undefined],
    ['another organization does not exist', '/v1/organizations/other/balance', 'acme-key', 404, 'not_found'],
    ['nor for a project key', '/v1/organizations/other/balance', 'shop-key', 404, 'not_found'],
    ['the own project', `${OWN}/projects/shop`, 'shop-key', 200, undefined],
    ['another project does not exist', `${OWN}/projects/lab`, 'shop-key', 404, 'not_found'],
    ['an organization key sees all its projects', `${OWN}/projects/lab`, 'acme-key', 200, undefined],
    ['the operator sees all', '/v1/organizations/other/balance', OPERATOR_KEY, 200, undefined],
    ['a role that is not allowed', `${OWN}/projects/shop`, OPERATOR_KEY, 403, 'forbidden'],
    ['our own services, on a public route', `${OWN}/balance`, INTERNAL_KEY, 403, 'forbidden'],
    ['a route without roles is refused to everyone', `${OWN}/forgotten`, OPERATOR_KEY, 403, 'forbidden'],
    ['an open route needs no key', '/open', undefined, 200, undefined],
    ['health needs no key', '/health/live', undefined, 200, undefined],
  ])('%s', async (_, url, key, status, code) => {
    const answer = await ask(url, key);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });

  test('401 says how to ask', async () => {
    expect((await ask(`${OWN}/balance`)).headers['www-authenticate']).toBe('Bearer realm="tallystick"');
  });

  test('403 names the roles that may', async () => {
    expect((await ask(`${OWN}/grants`, 'acme-key', 'POST')).json().detail).toBe(
      'This takes a key with the role operator; yours has the role organization.',
    );
  });

  test('a controller gets the caller', async () => {
    expect((await ask(`${OWN}/balance`, 'shop-key')).json()).toEqual(SHOP);
  });
});

describe('keys are remembered for seconds', () => {
  test('a good key is looked up once; an unknown one at most once per second', async () => {
    await ask(`${OWN}/balance`, 'acme-key');
    const before = running.holders.asked;
    for (let i = 0; i < 3; i++) await ask(`${OWN}/balance`, 'acme-key');
    expect(running.holders.asked).toBe(before);
    for (let i = 0; i < 3; i++) expect((await ask(`${OWN}/balance`, 'nobody-knows-it')).statusCode).toBe(401);
    expect(running.holders.asked).toBe(before + 1);
  });

  test('a revoked key is out once its seconds are over', async () => {
    const strict = await testApp([SecurityTestModule], { TALLY_KEY_CACHE_SECONDS: '0' });
    strict.holders.keys.set('acme-key', ACME);
    const balance = () => strict.app.inject({ url: `${OWN}/balance`, headers: { authorization: 'Bearer acme-key' } });
    expect((await balance()).statusCode).toBe(200);
    strict.holders.keys.delete('acme-key');
    expect((await balance()).statusCode).toBe(401);
    await strict.close();
  });

  test('a revocation in the same process counts at once', async () => {
    running.holders.keys.set('brief-key', ACME);
    expect((await ask(`${OWN}/balance`, 'brief-key')).statusCode).toBe(200);
    running.holders.keys.delete('brief-key');
    expect((await ask(`${OWN}/balance`, 'brief-key')).statusCode).toBe(200);
    running.holders.forget();
    expect((await ask(`${OWN}/balance`, 'brief-key')).statusCode).toBe(401);
    // And so does a key that is made.
    running.holders.keys.set('brief-key', ACME);
    running.holders.forget();
    expect((await ask(`${OWN}/balance`, 'brief-key')).statusCode).toBe(200);
  });

  test('a directory that fails once is asked again', async () => {
    const find = jest.spyOn(running.holders, 'find').mockRejectedValueOnce(new Error('disk'));
    running.holders.keys.set('new-key', ACME);
    expect((await ask(`${OWN}/balance`, 'new-key')).statusCode).toBe(500);
    expect((await ask(`${OWN}/balance`, 'new-key')).statusCode).toBe(200);
    find.mockRestore();
  });
});

test('a route that declares no roles is found', () => {
  expect(unguarded(running)).toEqual(['Organizations.forgotten']);
});

/** Routes that would be refused for everybody. */
function unguarded({ app }: TestApp): string[] {
  const reflector = new Reflector();
  const controllers = new DiscoveryService(app.get(ModulesContainer)).getControllers();
  return controllers.flatMap(({ metatype, instance }) =>
    new MetadataScanner().getAllMethodNames(Object.getPrototypeOf(instance)).flatMap((name) => {
      const handler = (instance as Record<string, () => void>)[name]!;
      const isRoute = (Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined) !== undefined;
      const says = [OPEN_ROUTE, ALLOWED_ROLES].some((it) =>
        reflector.getAllAndOverride(it, [handler, metatype as Type]),
      );
      return isRoute && !says ? [`${metatype!.name}.${name}`] : [];
    }),
  );
}
