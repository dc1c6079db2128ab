/* eslint-disable @typescript-eslint/no-explicit-any -- response bodies are compared as they are */
import { balanceOf, caller, eventually, organizationWith } from '../support/callers';
import { useServer, withCatalog } from '../support/use-server';

jest.setTimeout(90_000);

const server = useServer(withCatalog('leapocr'));
const operator = caller(server, 'operator');
const service = caller(server, 'service');
const submit = (organizationId: string, id: string, pages: number, more: object = {}) =>
  service('POST', '/v1/jobs', { id, organizationId, operation: 'standard-v2', usage: { pages }, ...more });
const complete = (organizationId: string, id: string) => service('POST', `/v1/jobs/${id}/complete`, { organizationId });
const get = (path: string) => operator('GET', path);

describe('job details', () => {
  const job = {
    reference: 'passport.pdf',
    metadata: { customer: 42 },
    usage: { files: [{ type: 'pdf', pages: 2, name: 'scan.pdf' }] },
  };
  const look = async (id: string, jobId: string) =>
    (await service('GET', `/v1/jobs/${jobId}?organizationId=${id}`)).body.details;

  test('are returned until they are deleted, and a repeated submission does not restore them', async () => {
    const id = await organizationWith(server, 100);
    await submit(id, 'a', 0, job);
    expect(await look(id, 'a')).toEqual({
      reference: 'passport.pdf',
      metadata: { customer: 42 },
      files: ['scan.pdf'],
    });
    expect((await service('DELETE', `/v1/jobs/a/details?organizationId=${id}`)).status).toBe(200);
    expect(await look(id, 'a')).toBe('details deleted');
    expect((await submit(id, 'a', 0, job)).status).toBe(200);
    expect(await look(id, 'a')).toBe('details deleted');
    await complete(id, 'a');
    expect(await balanceOf(server, id)).toMatchObject({ consumed: 2 });
  });

  test('are deleted when the job ends and the retention is 0 days, and when the retention changes to 0', async () => {
    const id = await organizationWith(server, 100);
    const isGone = (details: unknown) => details === 'details deleted';
    await submit(id, 'kept', 0, job);
    await complete(id, 'kept');
    const settings = await operator('PUT', `/v1/organizations/${id}/settings`, { retentionDays: 0 });
    expect(settings.body).toMatchObject({ retentionDays: 0 });
    await eventually(() => look(id, 'kept'), isGone);
    await submit(id, 'short', 0, job);
    expect(await look(id, 'short')).toMatchObject({ reference: 'passport.pdf' });
    await complete(id, 'short');
    await eventually(() => look(id, 'short'), isGone);
  });

  test('of a refused job are not stored, and no stream, history or refusal contains them', async () => {
    const id = await organizationWith(server, 1);
    expect((await submit(id, 'refused', 0, job)).status).toBe(402);
    await submit(id, 'taken', 0, { ...job, usage: { files: [{ type: 'pdf', pages: 1, name: 'scan.pdf' }] } });
    const { body: events } = await operator('GET', `/v1/organizations/${id}/events`);
    const { body: refusals } = await operator('GET', `/v1/ops/organizations/${id}/refusals`);
    expect(refusals.data).toMatchObject([
      { jobId: 'refused', code: 'insufficient_credits', required: 2, available: 1 },
    ]);
    expect(JSON.stringify([events, refusals])).not.toMatch(/passport|scan\.pdf|customer/);
    expect(server.process.out + server.process.err).not.toMatch(/passport|scan\.pdf/);
    expect((await service('GET', `/v1/jobs/refused?organizationId=${id}`)).status).toBe(404);
  });
});

describe('deleted details', () => {
  const submit = async (organizationId: string, id: string, pages = 1, more: object = {}) => {
    const job = { id, organizationId, operation: 'standard-v2', usage: { pages }, ...more };
    const answer = await service('POST', '/v1/jobs', job);
    expect(answer.status).toBe(202);
    return answer;
  };
  const details = { reference: 'contract.pdf', metadata: { customer: 7 } };
  const GONE = 'details deleted';
  const rowsOf = async (id: string, jobId: string) =>
    (await get(`/v1/organizations/${id}/history`)).body.data.filter((row: any) => row.jobId === jobId);
  const seen = async (id: string, jobId: string) => {
    const [one, list] = await Promise.all([
      get(`/v1/jobs/${jobId}?organizationId=${id}`),
      get(`/v1/jobs?organization=${id}`),
    ]);
    const listed = list.body.data.find((job: any) => job.jobId === jobId);
    const rows = (await rowsOf(id, jobId)).map((row: any) => row.details ?? row.reference);
    return { one: one.body.details, listed: listed.details, rows: [...new Set(rows)] };
  };

  test('are reported as deleted in job, list and history, but only if the job had details', async () => {
    const id = await organizationWith(server, 100);
    await submit(id, 'by-hand', 3, details);
    await submit(id, 'by-time', 3, details);
    await submit(id, 'never', 3);
    for (const job of ['by-hand', 'by-time', 'never']) await complete(id, job);
    expect(await seen(id, 'by-hand')).toEqual({ one: details, listed: details, rows: ['contract.pdf'] });
    await operator('DELETE', `/v1/jobs/by-hand/details?organizationId=${id}`);
    expect(await seen(id, 'by-hand')).toEqual({ one: GONE, listed: GONE, rows: [GONE] });
    await operator('PUT', `/v1/organizations/${id}/settings`, { retentionDays: 0 });
    await eventually(
      () => seen(id, 'by-time'),
      ({ one }) => one === GONE,
    );
    expect(await seen(id, 'by-time')).toEqual({ one: GONE, listed: GONE, rows: [GONE] });
    expect(await seen(id, 'never')).toEqual({ one: undefined, listed: undefined, rows: [undefined] });
  });

  test('are reported as deleted for a job that was submitted as an event', async () => {
    const id = await organizationWith(server, 100);
    await operator('PUT', `/v1/organizations/${id}/settings`, { retentionDays: 0 });
    const data = { id: 'event', organizationId: id, operation: 'standard-v2', usage: { pages: 2 } };
    const event = { specversion: '1.0', id: 'e1', source: 'test', type: 'tallystick.job.submitted' };
    const send = (more: object) =>
      service(
        'POST',
        '/v1/events',
        { ...event, data: { ...data, ...more } },
        { 'content-type': 'application/cloudevents+json' },
      );
    expect((await send(details)).status).toBe(202);
    await send({ id: 'plain' });
    for (const job of ['event', 'plain']) {
      await eventually(
        () => get(`/v1/jobs/${job}?organizationId=${id}`),
        ({ status }) => status === 200,
      );
      await complete(id, job);
    }
    const gone = await eventually(
      () => seen(id, 'event'),
      ({ one }) => one === GONE,
    );
    expect(gone).toEqual({ one: GONE, listed: GONE, rows: [GONE] });
    expect(await seen(id, 'plain')).toEqual({ one: undefined, listed: undefined, rows: [undefined] });
  });
});
