import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mountSmallDisk } from '@tallystick/adapters/embedded';
import { until } from '../support/until';
import {
  call,
  newDirectory,
  removeDirectories,
  ServerProcess,
  startStandalone,
  type TestResponse,
  type Standalone,
} from '../support/server';

jest.setTimeout(120_000);
afterAll(removeDirectories);

const run = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8' });
const ATTEMPTS = 5;

/** Tests the responses while the disk is full and after there is space again. */
function itGoesOn(given: () => Standalone, fill: () => void, makeRoom: () => void): void {
  const as = (path: string, key: 'project' | 'operator', more: object = {}): Promise<TestResponse> =>
    call(`${given().url}${path}`, { key: given().keys[key], ...more });
  const submit = (id: string) =>
    as('/v1/jobs', 'project', {
      body: { id, operation: 'document-extraction', usage: { files: [{ type: 'pdf', pages: 1 }] } },
    });
  const balance = async () => (await as('/v1/organizations/demo/balance', 'operator')).body;
  const ready = async () => call(`${given().url}/health/ready`);

  test('writes are refused immediately, reads are served, and the server recovers without a restart', async () => {
    expect((await submit('before')).status).toBe(202);
    fill();
    for (let i = 0; i < ATTEMPTS; i++) {
      const began = performance.now();
      const answers = await Promise.all([submit(`full-${i}`), balance(), as('/v1/jobs/before', 'project')]);
      // An idle machine needs about 20 ms.
      expect(performance.now() - began).toBeLessThan(3_000);
      expect([answers[0].status, answers[0].body.code]).toEqual([503, 'unavailable']);
      expect(answers[0].body.detail).toContain('Nothing was stored');
      expect([answers[1].reserved, answers[2].status]).toEqual([1, 200]);
    }
    for (const [path, body] of [
      ['/v1/organizations', { id: 'other', name: 'Another one' }],
      ['/v1/organizations/demo/grants', { grantId: 'g', kind: 'top-up', credits: 5, reason: 'x' }],
    ] as const)
      expect((await as(path, 'operator', { body })).status).toBe(503);
    const event = {
      specversion: '1.0',
      id: 'e',
      source: 's',
      type: 'tallystick.job.heartbeat',
      data: { id: 'before' },
    };
    const sent = await as('/v1/events', 'operator', {
      body: { ...event, data: { ...event.data, organizationId: 'demo' } },
      headers: { 'content-type': 'application/cloudevents+json' },
    });
    expect([sent.status, sent.body.code]).toEqual([503, 'unavailable']);
    const unready = await ready();
    expect([unready.status, unready.body.checks['event store']]).toEqual([
      503,
      expect.stringContaining('events.db cannot be written'),
    ]);

    makeRoom();
    await until(async () => (await ready()).status === 200);
    for (let i = 0; i < ATTEMPTS; i++) {
      expect((await submit(`full-${i}`)).status).toBe(202);
      expect((await submit(`full-${i}`)).status).toBe(200);
    }
    expect((await submit('before')).status).toBe(200);
    await until(async () => (await balance()).reserved === ATTEMPTS + 1);
    const lines = (given().process as ServerProcess).out
      .split('\n')
      .filter((line) => line.includes('cannot be written'));
    const databases = lines.filter((line) => line.includes('"context":"Database"'));
    expect(databases.filter((line) => line.includes('events.db')).length).toBe(1);
  });

  test('no job is lost or counted twice, and the views match the log', async () => {
    const { data } = given();
    await given().process.stop();
    for (const command of ['verify', 'replay'])
      expect(run(process.execPath, join(__dirname, '../../tools/tally.cjs'), '--data', data, command).status).toBe(0);
  });
}

const disk = mountSmallDisk();
(disk ? describe : describe.skip)(`a full disk${disk ? '' : ' (skipped: this user may not mount one)'}`, () => {
  let server: Standalone;
  beforeAll(async () => (server = await startStandalone(disk!.file('data'))));
  afterAll(async () => {
    await server.process.stop();
    disk!.unmount();
  });
  itGoesOn(
    () => server,
    () => disk!.fill(),
    () => disk!.makeRoom(),
  );

  test('a start on it, or on a read-only disk, is refused with one sentence', async () => {
    const flags = ['--port', '0', '--data', disk!.file('data')];
    disk!.fill();
    const full = new ServerProcess({ flags });
    expect(await full.ended).toBe(1);
    expect(full.err).toMatch(
      /^The data directory .* cannot be written \(ENOSPC\)\. Free some space, or choose [^\n]+\n$/,
    );
    disk!.makeRoom();
    expect(run('mount', '-o', 'remount,ro', disk!.directory).status).toBe(0);
    const readOnly = new ServerProcess({ flags });
    expect(await readOnly.ended).toBe(1);
    expect(readOnly.err).toMatch(/^The data directory .* cannot be written \(EROFS\)\. Give [^\n]+\n$/);
    run('mount', '-o', 'remount,rw', disk!.directory);
    const next = new ServerProcess({ flags });
    await next.url();
    expect(await next.stop()).toBe(0);
  });
});

const hasLimits = run('prlimit', '--version').status === 0;
(hasLimits ? describe : describe.skip)(
  `a limit on the file size${hasLimits ? '' : ' (skipped: there is no prlimit here)'}`,
  () => {
    let server: Standalone;
    const limit = (bytes: string) =>
      run('prlimit', '--pid', String((server.process as ServerProcess).pid), `--fsize=${bytes}:`);
    beforeAll(async () => (server = await startStandalone(newDirectory())));
    afterAll(() => server.process.stop());
    const largest = () =>
      Math.min(...['events.db-wal', 'records.db'].map((name) => statSync(join(server.data, name)).size));
    itGoesOn(
      () => server,
      () => void limit(String(Math.min(4096, largest()))),
      () => void limit('unlimited'),
    );
    test('leaves no test file', () => {
      expect(readdirSync(server.data).filter((name) => name.includes('probe'))).toEqual([]);
    });
  },
);
