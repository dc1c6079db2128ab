import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/server-process';
import { until } from '../support/until';
import {
  call,
  describeOneProcess,
  newDirectory,
  removeDirectories,
  ServerProcess,
  startStandalone,
  type TestResponse,
  type Standalone,
} from '../support/server';

// Each test starts several processes, one after the other.
jest.setTimeout(180_000);

describeOneProcess('A clock that jumps ahead', () => {
  const data = newDirectory();
  const shiftFile = join(newDirectory(), 'days');
  const clockAhead = (days: number) => writeFileSync(shiftFile, String(days));
  const environment = {
    NODE_OPTIONS: `--require ${join(ROOT, 'test/support/shifted-clock.cjs')}`,
    CLOCK_SHIFT_FILE: shiftFile,
  };
  let server: Standalone;
  const start = async (...flags: string[]) => void (server = await startStandalone(data, { flags, environment }));
  const operator = (path: string, body?: object): Promise<TestResponse> =>
    call(`${server.url}/v1/organizations/${server.organizationId}${path}`, {
      key: server.keys.operator,
      body,
    });
  const balance = async () => (await operator('/balance')).body as { available: number; expired: number };
  const ready = async () => (await call(`${server.url}/health/ready`)).status;
  const expiring = (grantId: string) =>
    operator('/grants', {
      grantId,
      kind: 'promotional',
      credits: 100,
      reason: 'test',
      expiresAt: new Date(Date.now() + 700 * 86_400_000).toISOString(),
    });

  afterEach(() => server.process.stop());
  afterAll(removeDirectories);

  test('a start with the clock 800 days ahead is refused, and no credits have expired', async () => {
    clockAhead(0);
    await start();
    expect((await expiring('expiring')).status).toBe(201);
    await server.process.stop();

    clockAhead(800);
    const refused = new ServerProcess({ flags: ['--port', '0', '--data', data], environment });
    expect(await refused.ended).toBe(1);
    expect(refused.err).toMatch(/^The clock says \d{4}-\d\d-\d\d, but the log's last event .*--accept-clock/);
    expect(refused.err.trim().split('\n')).toHaveLength(1);

    clockAhead(0);
    await start();
    expect(await balance()).toMatchObject({ available: 1_100, expired: 0 });
  });

  test('a process decides nothing while its clock is ahead', async () => {
    clockAhead(0);
    await start();
    clockAhead(800);
    await until(async () => (await ready()) === 503);
    const answer = await expiring('while-it-is-wrong');
    expect([answer.status, answer.body.code]).toEqual([503, 'clock_step']);
    clockAhead(0);
    await until(async () => (await ready()) === 200);
    expect(await balance()).toMatchObject({ available: 1_100, expired: 0 });
  });

  test('an accepted clock is used, and steps within the bound need no acceptance', async () => {
    clockAhead(390);
    await start();
    expect((await expiring('within-the-bound')).status).toBe(201);
    await server.process.stop();
    clockAhead(800);
    await start('--accept-clock');
    await until(async () => (await balance()).expired === 200);
  });
});
