import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { ALLOWED_ROLES, BATCH_BODY, call, id, listOf, Must, rpcController, type RpcMethods } from './index';

class NamesDto {
  @Must(listOf(id(), 10)) argument!: string[];
}
class NameDto {
  @Must(id()) argument!: string;
}

interface Person {
  readonly name: string;
  readonly age?: number;
}

const CALLS = {
  greet: call<readonly string[], readonly string[]>({ path: '/internal/greet', body: NamesDto, list: true }),
  find: call<Person, string | undefined>({
    path: '/internal/find',
    body: NameDto,
    receive: (person: Person) => ({ ...person, name: person.name.toUpperCase() }),
    optional: true,
  }),
};

@Injectable()
class Greeter implements RpcMethods<typeof CALLS> {
  greet(names: readonly string[]): Promise<readonly string[]> {
    return Promise.resolve(names.map((name) => `Hello ${name}`));
  }

  find({ name, ...more }: Person): Promise<string | undefined> {
    return Promise.resolve(name === 'NONE' ? undefined : `${name} ${Object.keys(more).join()}`);
  }
}

const checkedBy: unknown[] = [];
const pipe: PipeTransform = {
  transform: (value: unknown, { metatype }: ArgumentMetadata) => {
    checkedBy.push(metatype);
    return value;
  },
};

const controller = rpcController(CALLS, Greeter);
let app: NestFastifyApplication;

beforeAll(async () => {
  const module = await Test.createTestingModule({ controllers: [controller], providers: [Greeter] }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  app.useGlobalPipes(pipe);
  await app.init();
});
afterAll(() => app.close());

const post = async (url: string, argument: unknown) => {
  const { statusCode, body } = await app.inject({ method: 'POST', url, payload: { argument } });
  return [statusCode, JSON.parse(body) as unknown];
};

test('each call has a route that answers with the result of its method', async () => {
  expect(await post('/internal/greet', ['Ada', 'Bob'])).toEqual([200, { result: ['Hello Ada', 'Hello Bob'] }]);
});

test('a body is checked by the DTO of its call', async () => {
  checkedBy.length = 0;
  await post('/internal/greet', []);
  await post('/internal/find', { name: 'ada' });
  expect(checkedBy).toEqual([NamesDto, NameDto]);
});

test('the argument is received without its null members; no result is null', async () => {
  expect(await post('/internal/find', { name: 'ada', age: null })).toEqual([200, { result: 'ADA ' }]);
  expect(await post('/internal/find', { name: 'none' })).toEqual([200, { result: null }]);
});

test('only the internal key may call, and lists may be as large as a batch', () => {
  const { greet, find } = controller.prototype as Record<string, object>;
  expect(Reflect.getMetadata(ALLOWED_ROLES, controller)).toEqual(['internal']);
  expect([greet, find].map((method) => Reflect.getMetadata(BATCH_BODY, method!) as unknown)).toEqual([true, undefined]);
});
