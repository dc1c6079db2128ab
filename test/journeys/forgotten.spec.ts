import { readdirSync, readFileSync } from 'node:fs';
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

afterAll(removeDirectories);

/** Deleted data disappears from the files too, not only from responses. */
describeOneProcess('Deletion of personal data', () => {
  let server: Standalone;
  beforeAll(async () => {
    server = await startStandalone(newDirectory(), { environment: { TALLY_RETENTION_DAYS: '0' } });
  }, 60_000);
  afterAll(() => server.process.stop());

  const filesWith = (text: string): string[] =>
    readdirSync(server.data, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && readFileSync(join(server.data, entry.name)).includes(text))
      .map(({ name }) => name);
  const post = (path: string, body: object, key = server.keys.project) => call(`${server.url}${path}`, { key, body });
  const details = (id: string) => ({
    reference: `the-reference-of-${id}`,
    metadata: { customer: `the-customer-of-${id}` },
    usage: { files: [{ name: `the-file-of-${id}.pdf`, type: 'pdf', pages: 1 }] },
  });
  const submit = (id: string) => post('/v1/jobs', { id, operation: 'document-extraction', ...details(id) });
  const isGone = (id: string): boolean =>
    ['reference', 'customer', 'file'].every((what) => filesWith(`the-${what}-of-${id}`).length === 0);

  const end = (id: string, how: 'complete' | 'fail') =>
    post(`/v1/jobs/${id}/${how}`, { organizationId: server.organizationId }, server.keys.service);

  test.each([
    ['complete', 'consumed'],
    ['fail', 'refunded'],
  ] as const)('with retention 0, the details of a job leave every file within seconds of %s', async (how, status) => {
    const id = `to-${how}`;
    await submit(id);
    expect(filesWith(`the-reference-of-${id}`)).not.toEqual([]);
    expect((await end(id, how)).body.status).toBe(status);
    await until(() => isGone(id), 10_000);
  });

  test('the details of a job that was submitted as an event leave every file', async () => {
    const event = {
      specversion: '1.0',
      id: 'e-1',
      source: 'test',
      type: 'tallystick.job.submitted',
      data: { id: 'by-event', operation: 'document-extraction', ...details('by-event') },
    };
    const sent = await call(`${server.url}/v1/events`, {
      key: server.keys.project,
      body: event,
      headers: { 'content-type': 'application/cloudevents+json' },
    });
    expect(sent.status).toBe(202);
    const job = () => call(`${server.url}/v1/jobs/by-event`, { key: server.keys.project });
    await until(async () => (await job()).status === 200);
    await end('by-event', 'complete');
    await until(() => isGone('by-event'), 10_000);
  });

  test('deleted details and replaced names leave every file', async () => {
    await submit('by-hand');
    await call(`${server.url}/v1/jobs/by-hand/details`, { method: 'DELETE', key: server.keys.project });
    const project = `${server.url}/v1/organizations/demo/projects/renamed`;
    const put = (name: string) => call(project, { method: 'PUT', key: server.keys.organization, body: { name } });
    await put('the-former-name');
    await put('the-present-name');
    await until(() => isGone('by-hand') && filesWith('the-former-name').length === 0, 10_000);
    expect(filesWith('the-present-name')).not.toEqual([]);
  });
});
