import { Body, Controller, Get, Logger, Module, Param, Post } from '@nestjs/common';
import { Open, Problem } from '@tallystick/contracts/http';
import { BrokenInvariant } from '@tallystick/contracts/http';
import {
  AmbiguousAppend,
  BusUnavailable,
  CommandAborted,
  StoreUnavailable,
  StoreUnwritable,
  StreamQuarantined,
  UnknownOutcome,
} from '@tallystick/eventing';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Min, ValidateNested } from 'class-validator';
import { testApp, type TestApp } from '../../../support/app';

class PartDto {
  @IsInt()
  @Min(1)
  pages!: number;
}
class JobDto {
  @IsString()
  id!: string;
  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => PartDto)
  files?: PartDto[];
}

const ERRORS: Readonly<Record<string, () => Error>> = {
  problem: () =>
    new Problem(402, { code: 'insufficient_credits', title: 'Insufficient credits' }, 'Too few.', {
      success: false,
      error: 'Insufficient credits',
      billing_url: 'https://pay.example',
    }),
  store: () => new StoreUnavailable('disk /secret/path is gone'),
  full: () => new StoreUnwritable('disk is full'),
  ambiguous: () => new AmbiguousAppend('no reply'),
  bus: () => new BusUnavailable('broker:9092'),
  unknown: () => new UnknownOutcome('cut'),
  undecided: () => new CommandAborted('busy'),
  invariant: () => new BrokenInvariant('grant g1 is at -3'),
  stopped: () => new StreamQuarantined('credits-acme', new Error('grant g1 is at -3')),
  bug: () => new TypeError('Cannot read properties of undefined'),
};

@Open()
@Controller('v1')
class FailingRoutes {
  @Post('throws/:what')
  postThrows(@Param('what') what: string): void {
    throw ERRORS[what]!();
  }
  @Get('throws/:what')
  throws(@Param('what') what: string): void {
    throw ERRORS[what]!();
  }
  @Post('never')
  neverWritten(): Promise<void> {
    return new Promise(() => undefined);
  }
  @Get('never')
  never(): Promise<void> {
    return new Promise(() => undefined);
  }
  @Post('jobs')
  take(@Body() job: JobDto): object {
    new Logger('Routes').log('taken');
    return { ...job };
  }
}

@Module({ controllers: [FailingRoutes] })
class ProblemTestModule {}

let test_: TestApp;
beforeAll(async () => (test_ = await testApp([ProblemTestModule], { TALLY_MAX_BODY_BYTES: '2000' })));
afterAll(() => test_.close());

const ask = (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: string, type = 'application/json') =>
  test_.app.inject({ method, url, payload, headers: payload === undefined ? {} : { 'content-type': type } });

describe('every error is a problem', () => {
  test.each([
    ['problem', 402, 'insufficient_credits', undefined],
    ['store', 503, 'unavailable', '2'],
    ['full', 503, 'unavailable', '2'],
    ['ambiguous', 503, 'unavailable', '2'],
    ['bus', 503, 'unavailable', '2'],
    ['unknown', 503, 'unavailable', '2'],
    ['undecided', 503, 'unavailable', '2'],
    ['invariant', 500, 'organization_stopped', undefined],
    ['stopped', 500, 'organization_stopped', undefined],
    ['bug', 500, 'internal_error', undefined],
  ])('%s → %i %s', async (what, status, code, retryAfter) => {
    const answer = await ask('GET', `/v1/throws/${what}`);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers['retry-after']).toBe(retryAfter);
    expect(answer.json()).toMatchObject({
      type: `/docs/problems#${code}`,
      status,
      code,
      correlationId: answer.headers['x-correlation-id'],
    });
    expect(answer.json().title).toEqual(expect.any(String));
    expect(answer.body).not.toMatch(/secret|g1|broker|undefined/);
  });

  test.each([
    ['store', 'unavailable', 'Nothing was stored by this request'],
    ['full', 'unavailable', 'The disk of the store is full, or cannot be written. Nothing was stored by this request'],
    ['undecided', 'unavailable', 'Nothing was stored by this request'],
    ['ambiguous', 'unknown_outcome', 'unknown'],
    ['unknown', 'unknown_outcome', 'unknown'],
    ['bus', 'unknown_outcome', 'unknown'],
  ])('of a write, %s → %s', async (what, code, said) => {
    const answer = await ask('POST', `/v1/throws/${what}`);
    expect([answer.statusCode, answer.json().code, answer.headers['retry-after']]).toEqual([503, code, '2']);
    expect(answer.json().detail).toContain(said);
    expect(answer.json().detail).toContain('end the same again');
  });

  test.each([
    ['broken JSON', 'POST', '/v1/jobs', '{"id":', 'application/json', 400, 'invalid_json'],
    ['a poisoned prototype', 'POST', '/v1/jobs', '{"__proto__":{"x":1}}', 'application/json', 400, 'invalid_json'],
    [
      'another content type',
      'POST',
      '/v1/jobs',
      'id=1',
      'application/x-www-form-urlencoded',
      415,
      'unsupported_media_type',
    ],
    ['text', 'POST', '/v1/jobs', 'id', 'text/plain', 415, 'unsupported_media_type'],
    ['a large body', 'POST', '/v1/jobs', `{"id":"${'x'.repeat(2000)}"}`, 'application/json', 413, 'body_too_large'],
    ['an unknown route', 'GET', '/v1/nowhere', undefined, undefined, 404, 'not_found'],
    ['an odd address', 'GET', '/v1/%zz', undefined, undefined, 400, 'invalid_request'],
    ['a wrong method', 'DELETE', '/v1/jobs', undefined, undefined, 405, 'method_not_allowed'],
    ['no object', 'POST', '/v1/jobs', '[]', 'application/json', 422, 'invalid_input'],
    ['an empty body', 'POST', '/v1/jobs', '', 'application/json', 422, 'invalid_input'],
  ] as const)('%s', async (_, method, url, payload, type, status, code) => {
    const answer = await ask(method, url, payload, type);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers['x-correlation-id']).toBe(answer.json().correlationId);
  });

  test('the members of a problem stand at the top level', async () => {
    const body = (await ask('GET', '/v1/throws/problem')).json();
    expect(body).toMatchObject({
      success: false,
      error: 'Insufficient credits',
      billing_url: 'https://pay.example',
    });
  });

  test('the answer to a wrong method lists the allowed ones', async () => {
    expect((await ask('DELETE', '/v1/jobs')).headers['allow']).toBe('POST');
  });

  test('bad input names the path, the rule and what to do', async () => {
    const body = (await ask('POST', '/v1/jobs', '{"files":[{"pages":1},{"pages":0}]}')).json();
    expect(body.errors).toEqual([
      expect.objectContaining({ field: 'id', rule: expect.any(String), message: expect.any(String) }),
      expect.objectContaining({ field: 'files[1].pages', rule: 'minimum' }),
    ]);
  });

  test('members that are not known are refused', async () => {
    const { errors } = (await ask('POST', '/v1/jobs', '{"id":"a","more":1}')).json();
    expect(errors).toMatchObject([{ field: 'more', rule: 'unknown' }]);
  });
});

describe('correlation', () => {
  test.each([
    [
      'a trace',
      { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
      '4bf92f3577b34da6a3ce929d0e0e4736',
    ],
    ['an id of the caller', { 'x-correlation-id': 'mine-1' }, 'mine-1'],
  ])('%s is kept', async (_, headers, id) => {
    const answer = await test_.app.inject({ method: 'GET', url: '/v1/throws/bug', headers });
    expect(answer.headers['x-correlation-id']).toBe(id);
  });

  test('an id that could break a log line is not taken', async () => {
    const answer = await test_.app.inject({ url: '/v1/nowhere', headers: { 'x-correlation-id': 'a b"c' } });
    expect(answer.headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a fault is logged with its stack, for us alone', async () => {
    await test_.app.inject({ url: '/v1/throws/bug', headers: { 'x-correlation-id': 'find-me' } });
    expect(test_.log()).toMatch(/"correlationId":"find-me".*Cannot read properties/);
  });

  test('the cause of a 503 is logged once, for us alone', async () => {
    for (let i = 0; i < 20; i++) await ask('GET', '/v1/throws/store');
    expect(test_.log().split('/secret/path')).toHaveLength(2);
  });
});

// Last: a second app takes the framework's log over.
test('an answer that takes too long is given up', async () => {
  const hasty = await testApp([ProblemTestModule], { TALLY_REQUEST_TIMEOUT_SECONDS: '1' });
  const answer = await hasty.app.inject({ url: '/v1/never' });
  expect([answer.statusCode, answer.json().code, answer.headers['retry-after']]).toEqual([503, 'unavailable', '2']);
  const write = await hasty.app.inject({ method: 'POST', url: '/v1/never', payload: {} });
  expect([write.statusCode, write.json().code]).toEqual([503, 'unknown_outcome']);
  await hasty.close();
});
