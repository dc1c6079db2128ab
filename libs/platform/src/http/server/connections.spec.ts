import { connect, type AddressInfo, type Socket } from 'node:net';
import { Body, Controller, Get, Module, Param, Post } from '@nestjs/common';
import { Open } from '@tallystick/contracts/http';
import { testApp, type TestApp } from '../../../support/app';
import { httpUnderWay } from '../../telemetry';

const MOST = 3;
const LARGE = 'x'.repeat(1_000_000);

let started: string[] = [];
let release: () => void = () => undefined;
let released: Promise<void>;

@Open()
@Controller('v1')
class ConnectionRoutes {
  @Get('large/:id')
  large(@Param('id') id: string): string {
    started.push(id);
    return LARGE;
  }
  @Get('held/:id')
  async held(@Param('id') id: string): Promise<string> {
    started.push(id);
    await released;
    return `answer ${id}`;
  }
  @Post('echo')
  echo(@Body() body: { id: number; fill: string }): object {
    return { id: body.id, length: body.fill.length };
  }
}
@Module({ controllers: [ConnectionRoutes] })
class ConnectionTestModule {}

let app: TestApp;
let port: number;
const sockets: Socket[] = [];
beforeAll(async () => {
  app = await testApp([ConnectionTestModule], { TALLY_MAX_PIPELINED: String(MOST) });
  await app.app.getHttpAdapter().getInstance().listen({ port: 0, host: '127.0.0.1' });
  port = (app.app.getHttpServer().address() as AddressInfo).port;
});
beforeEach(() => {
  started = [];
  released = new Promise((resolve) => (release = resolve));
});
afterEach(async () => {
  release();
  for (const socket of sockets.splice(0)) socket.destroy();
  await until(async () => (await underWay()) === 0);
});
afterAll(() => app.close());

const underWay = async () => (await httpUnderWay.get()).values[0]?.value ?? 0;
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
}
/** Until nothing more begins for a while: the sockets' buffers are full. */
async function untilStill(): Promise<void> {
  for (let before = -1; before !== started.length;) {
    before = started.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

const get = (path: string) => `GET /v1/${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
const pipelined = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join('');
function send(text: string): Socket {
  const socket = connect(port, '127.0.0.1').pause();
  socket.on('error', () => undefined);
  socket.write(text);
  sockets.push(socket);
  return socket;
}
const read = (socket: Socket, lasts: (text: string) => boolean) =>
  new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
      if (!lasts(text)) resolve(text);
    });
    socket.resume();
  });
const another = async () => (await fetch(`http://127.0.0.1:${port}/health/live`)).status;

test('of 150 requests on one connection only a few are worked on before the first is answered', async () => {
  const socket = send(pipelined(150, (i) => get(`held/${i}`)));
  await until(() => started.length === MOST);
  expect(await another()).toBe(200);
  await untilStill();
  expect(started).toEqual(['0', '1', '2']);
  expect(await underWay()).toBe(MOST);
  release();
  const text = await read(socket, (all) => !all.includes('answer 149'));
  expect([...text.matchAll(/answer (\d+)/g)].map(([, id]) => id)).toEqual(
    Array.from({ length: 150 }, (_, i) => `${i}`),
  );
});

test('a client that reads nothing gets no more than its buffers hold, and ends its requests when it goes', async () => {
  const clients = Array.from({ length: 5 }, () => send(pipelined(100, (i) => get(`large/${i}`))));
  await until(() => started.length >= clients.length * MOST);
  await untilStill();
  expect(started.length).toBeLessThan(clients.length * 50);
  expect(await underWay()).toBeLessThanOrEqual(clients.length * MOST);
  expect(await another()).toBe(200);
  const before = started.length;
  for (const client of clients) client.destroy();
  await until(async () => (await underWay()) === 0);
  await untilStill();
  expect(started).toHaveLength(before);
});

test('a client that goes while its requests are worked on ends them, and few of those that wait begin', async () => {
  const socket = send(pipelined(MOST, (i) => get(`held/${i}`)));
  const waiting = send(pipelined(200, (i) => get(`held/waiting-${i}`)));
  await until(() => started.length === 2 * MOST);
  socket.destroy();
  await until(async () => (await underWay()) === MOST);
  waiting.destroy();
  release();
  await until(async () => (await underWay()) === 0);
  await untilStill();
  expect(started.length).toBeLessThan(100);
});

test('a client that reads slowly gets all answers, in order', async () => {
  const socket = send(pipelined(40, (i) => get(`large/${i}`)));
  let bytes = 0;
  while (bytes < 40 * LARGE.length) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    bytes += (socket.read() as Buffer | null)?.length ?? 0;
  }
  expect(started).toEqual(Array.from({ length: 40 }, (_, i) => `${i}`));
});

test('bodies of requests that wait are read in their turn', async () => {
  const body = (id: number) => JSON.stringify({ id, fill: 'x'.repeat(30_000) });
  const post = (id: number) =>
    `POST /v1/echo HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body(id).length}\r\n\r\n${body(id)}`;
  const socket = send(pipelined(40, post));
  const text = await read(socket, (all) => !all.includes('"id":39,'));
  expect([...text.matchAll(/"id":(\d+),"length":30000/g)].map(([, id]) => Number(id))).toEqual(
    Array.from({ length: 40 }, (_, i) => i),
  );
});

test('a connection that lets more than 1,000 wait is cut', async () => {
  const socket = send(pipelined(1_500, (i) => get(`held/${i}`))).resume();
  await new Promise((resolve) => socket.once('close', resolve));
  await until(async () => (await underWay()) === 0);
  expect(await another()).toBe(200);
});
