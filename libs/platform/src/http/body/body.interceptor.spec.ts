import { connect, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Body, Controller, Module, Post } from '@nestjs/common';
import { Allow, Open, TakesBatch, TakesRawBody } from '@tallystick/contracts/http';
import { httpUnderWay } from '../../telemetry';
import { OPERATOR_KEY, testApp, type TestApp } from '../../../support/app';

const MEBIBYTE = 1024 * 1024;

let release: () => void = () => undefined;
let taken = 0;

@Open()
@Controller('v1')
class BodyRoutes {
  @Post('held')
  @TakesBatch()
  async held(@Body() body: { fill: string }): Promise<object> {
    taken += 1;
    await new Promise<void>((resolve) => (release = resolve));
    return { length: body.fill.length };
  }
  @Post('large')
  @TakesBatch()
  large(@Body() body: { fill: string }): object {
    return { length: body.fill.length };
  }
  @Post('small')
  small(): object {
    return {};
  }
  @Post('raw')
  @TakesRawBody()
  raw(@Body() body: Buffer): object {
    return { isBuffer: Buffer.isBuffer(body), hex: body.toString('hex') };
  }
}
@Allow('operator')
@Controller('v1/closed')
class Closed {
  @Post()
  take(@Body() body: unknown): object {
    return { body: body ?? null };
  }
}
@Module({ controllers: [Closed, BodyRoutes] })
class BodyTestModule {}

const apps: TestApp[] = [];
let url: string;
let urlOfImpatient: string;
async function listening(settings: Readonly<Record<string, string>> = {}): Promise<string> {
  const app = await testApp([BodyTestModule], { TALLY_MAX_BODIES_BYTES: String(MEBIBYTE), ...settings });
  apps.push(app);
  await app.app.getHttpAdapter().getInstance().listen({ port: 0, host: '127.0.0.1' });
  return `http://127.0.0.1:${(app.app.getHttpServer().address() as AddressInfo).port}`;
}
beforeAll(async () => {
  url = await listening();
  urlOfImpatient = await listening({ TALLY_REQUEST_TIMEOUT_SECONDS: '2' });
});
afterAll(() => Promise.all(apps.map((app) => app.close())));

const post = async (path: string, body: string | Uint8Array, headers: Record<string, string> = {}, at = url) => {
  const response = await fetch(`${at}/v1/${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: (await response.json()) as unknown,
  };
};
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}
const filled = (bytes: number) => JSON.stringify({ fill: 'x'.repeat(bytes - 11) });

test('while bodies fill the memory for all, large ones are refused and small ones accepted; then all are again', async () => {
  for (const zip of [Buffer.from, gzipSync]) {
    const before = taken;
    const encoding: Record<string, string> = zip === gzipSync ? { 'content-encoding': 'gzip' } : {};
    const held = post('held', zip(filled(1_000_000)), encoding);
    await until(() => taken > before);
    expect(await post('held', filled(100_000))).toMatchObject({
      status: 503,
      retryAfter: '2',
      body: { code: 'unavailable' },
    });
    expect((await post('small', '{}')).status).toBe(201);
    release();
    expect(await held).toMatchObject({ status: 201, body: { length: 999_989 } });
  }
});

const head = (bytes: number) =>
  `POST /v1/held HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n`;
const underWay = async () => (await httpUnderWay.get()).values[0]?.value ?? 0;

test('a body that never arrives as a whole is given up, and until then takes no more than has arrived', async () => {
  const socket = connect(Number(new URL(urlOfImpatient).port), '127.0.0.1');
  let text = '';
  socket.on('error', () => undefined).on('data', (chunk) => (text += chunk.toString()));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(head(1_000_000));
  const drip = setInterval(() => socket.write(' '), 50);
  await until(async () => (await underWay()) === 1);
  expect((await post('large', filled(900_000), {}, urlOfImpatient)).status).toBe(201);
  await closed;
  clearInterval(drip);
  expect(text).toMatch(/^HTTP\/1.1 408 /);
});

test('a client that goes in the middle of its body gives its memory back', async () => {
  for (let i = 0; i < 3; i++) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(head(1_000_000) + ' '.repeat(900_000));
    await until(() => socket.writableLength === 0);
    socket.destroy();
  }
  await until(async () => (await post('large', filled(1_000_000))).status === 201);
  expect(await underWay()).toBe(0);
});

test('a raw body comes as it is', async () => {
  const answer = await post('raw', Buffer.from([0xff, 0x00]), {
    'content-type': 'text/plain',
    'content-encoding': 'br',
  });
  expect(answer).toMatchObject({ status: 201, body: { isBuffer: true, hex: 'ff00' } });
});

test('a command without members may come without a body, with or without a type', async () => {
  for (const headers of [{}, { 'content-type': 'application/json' }] as Record<string, string>[]) {
    const authorization = `Bearer ${OPERATOR_KEY}`;
    const answer = await fetch(`${url}/v1/closed`, {
      method: 'POST',
      headers: { authorization, ...headers },
    });
    expect([answer.status, await answer.json()]).toEqual([201, { body: null }]);
  }
});
