import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { caller } from '../support/callers';
import { call, describeOneProcess, removeDirectories, startStandalone, type Standalone } from '../support/server';
import { until } from '../support/until';

jest.setTimeout(240_000);

const HEAP = { NODE_OPTIONS: '--max-old-space-size=256' };
const [ROUNDS, CLIENTS, PIPELINED] = [3, 20, 150];

describeOneProcess('With a heap of 256 MB', () => {
  let server: Standalone;
  beforeAll(async () => {
    server = await startStandalone(undefined, { environment: HEAP });
    const project = caller(server, 'project');
    const job = (i: number) => ({ id: `job-${i}`, operation: 'document-extraction', usage: { pages: 1 } });
    await project('POST', '/v1/jobs/batch', { jobs: Array.from({ length: 400 }, (_, i) => job(i)) });
  });
  afterAll(async () => {
    expect(await server.process.stop()).toBe(0);
    removeDirectories();
  });

  const underWay = async () =>
    Number(
      /^tallystick_http_requests_under_way (\d+)/m.exec(
        (await call(`${server.url}/metrics`, { key: server.keys.operator })).body as string,
      )![1],
    );
  /** The longest response time of other clients while `during` runs. */
  async function worstWait(during: Promise<unknown>): Promise<number> {
    let [worst, isOver] = [0, false];
    void during.finally(() => (isOver = true));
    while (!isOver) {
      const began = performance.now();
      expect(
        (await caller(server, 'operator')('GET', `/v1/organizations/${server.organizationId}/balance`)).status,
      ).toBe(200);
      worst = Math.max(worst, performance.now() - began);
      await pause(20);
    }
    return worst;
  }

  test.each<[string, () => string]>([
    ['/docs/openapi.json', () => ''],
    ['/v1/jobs?limit=1000', () => `authorization: Bearer ${server.keys.project}\r\n`],
  ])('clients that pipeline GET %s and do not read do not slow down other clients', async (path, key) => {
    const text = `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${key()}\r\n`.repeat(PIPELINED);
    for (let round = 0; round < ROUNDS; round++) {
      const clients = Array.from({ length: CLIENTS }, (): Socket => {
        const { hostname, port } = new URL(server.url);
        const socket = connect(Number(port), hostname).pause();
        socket.on('error', () => undefined).write(text);
        return socket;
      });
      expect(await worstWait(pause(4_000))).toBeLessThan(10_000);
      for (const client of clients) client.destroy();
    }
    await until(async () => (await underWay()) === 1);
    expect(server.process.isRunning).toBe(true);
  });

  test('clients that send 8 MB with or without a valid key do not slow down other clients', async () => {
    const body = Buffer.from(JSON.stringify({ jobs: [{ id: 'a', metadata: { fill: 'x'.repeat(8_000_000) } }] }));
    for (const [key, statuses] of [
      ['', [401]],
      ['wrong', [401]],
      [server.keys.service, [200, 503]],
    ] as const) {
      const send = async () => {
        const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
        const answer = await fetch(`${server.url}/v1/jobs/batch`, { method: 'POST', headers, body });
        await answer.text();
        return answer.status;
      };
      const sending = Promise.all(Array.from({ length: 16 }, send));
      expect(await worstWait(sending)).toBeLessThan(10_000);
      for (const status of await sending) expect(statuses).toContain(status);
    }
    expect(server.process.isRunning).toBe(true);
  });
});
