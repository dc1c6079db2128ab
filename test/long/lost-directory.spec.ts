import { cpSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/until';
import {
  call,
  describeOneProcess,
  newDirectory,
  removeDirectories,
  startStandalone,
  type Standalone,
} from '../support/server';

jest.setTimeout(120_000);

describeOneProcess('A data directory that is removed or replaced while a process uses it', () => {
  let data: string;
  let server: Standalone;
  let accepted: string[];
  let refused: number;
  let loading: Promise<void>;
  let isLoading: boolean;

  const submit = (id: string) =>
    call(`${server.url}/v1/jobs`, {
      key: server.keys.project,
      body: { id, operation: 'document-to-markdown', usage: { files: [{ type: 'pdf', pages: 1 }] } },
    });
  const load = async () => {
    for (let n = 0; isLoading; n++) {
      const { status } = await submit(`job-${n}`);
      if (status === 202) accepted.push(`job-${n}`);
      else if (status === 503) refused += 1;
      else throw new Error(`Job ${n} was answered ${status}.`);
    }
  };

  beforeEach(async () => {
    data = join(newDirectory(), 'data');
    server = await startStandalone(data);
    [accepted, refused, isLoading] = [[], 0, true];
    loading = load();
    await until(() => accepted.length > 20);
  });
  afterEach(() => server.process.stop());
  afterAll(removeDirectories);

  test.each<[string, () => void]>([
    ['deleted', () => rmSync(data, { recursive: true, force: true })],
    ['renamed', () => renameSync(data, `${data}.old`)],
    [
      'replaced with a copy',
      () => {
        cpSync(data, `${data}.copy`, { recursive: true, filter: (path) => !path.endsWith('.sock') });
        renameSync(data, `${data}.old`);
        renameSync(`${data}.copy`, data);
      },
    ],
  ])('%s: not ready within two seconds, and every job is refused with 503', async (_, lose) => {
    lose();
    const lostAt = performance.now();
    const before = accepted.length;
    await until(async () => (await call(`${server.url}/health/ready`)).status === 503);
    expect(performance.now() - lostAt).toBeLessThan(2_000);
    const atNotice = accepted.length;
    await until(() => refused > 20);
    isLoading = false;
    await loading;
    // One job may have been accepted while the directory was replaced.
    expect(atNotice - before).toBeLessThanOrEqual(1);
    expect(accepted).toHaveLength(atNotice);
    const { body } = await call(`${server.url}/health/ready`);
    expect(Object.values(body.checks as Record<string, string>).join(' ')).toMatch(/deleted, moved or unmounted/);
  });
});
