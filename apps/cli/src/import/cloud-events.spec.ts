import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeServer } from '../../support/fake-server';
import { runTally } from '../../support/run-tally';

let folder: string;
let server: FakeServer;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tally-import-'));
  server = new FakeServer();
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a file of CloudEvents needs no mapping', async () => {
  const event = (type: string, subject: string, data = {}) =>
    JSON.stringify({
      specversion: '1.0',
      id: `${subject}:${type}`,
      source: '/t',
      type: `tallystick.job.${type}`,
      subject,
      time: '2026-01-01T00:00:00Z',
      data,
    });
  const lines = [
    event('submitted', 'a', { organizationId: 'acme', operation: 'ocr', usage: { pages: 4 } }),
    '{"specversion":"1.0"',
    event('submitted', 'b', { organizationId: 'acme', operation: 'unknown', usage: { pages: 1 } }),
    event('completed', 'a', { organizationId: 'acme' }),
    event('completed', 'b', { organizationId: 'acme' }),
  ];
  for (const content of [lines.join('\n'), `[${lines.filter((line) => line.endsWith('}}')).join(',')}]`]) {
    server = new FakeServer();
    writeFileSync(join(folder, 'events.json'), content);
    const { out, exitCode } = await runTally(['import', 'events.json', '--format', 'cloudevents', '--json'], {
      client: server.client(),
      cwd: folder,
    });
    expect(JSON.parse(out)).toMatchObject({ accepted: 2, refused: { invalid_input: 1, job_refused: 1 } });
    expect(server.ended()).toEqual(['a']);
    expect(server.totals()).toEqual([
      [1, 4],
      [0, 0],
      [0, 0],
    ]);
    expect(exitCode).toBe(1);
  }
});

test('the outcome of a refused job is not sent by a later run either', async () => {
  const event = (type: string, subject: string, operation?: string) =>
    JSON.stringify({
      specversion: '1.0',
      id: `${subject}:${type}`,
      source: '/t',
      type: `tallystick.job.${type}`,
      subject,
      data: { organizationId: 'acme', ...(operation !== undefined && { operation, usage: { pages: 4 } }) },
    });
  const beats = Array.from({ length: 20 }, () => event('heartbeat', 'a'));
  const lines = [
    event('submitted', 'a', 'ocr'),
    event('submitted', 'b', 'unknown'),
    ...beats,
    event('completed', 'b'),
    event('completed', 'a'),
  ];
  writeFileSync(join(folder, 'e'), lines.join('\n'));
  const interrupt = new AbortController();
  server.before = ({ url }) => void (url.endsWith('/heartbeat') && interrupt.abort());
  const run = (interrupted?: AbortSignal) =>
    runTally(['import', 'e', '--format', 'cloudevents', '--json', '--batch', '5'], {
      client: server.client(),
      cwd: folder,
      interrupted,
    });
  expect((await run(interrupt.signal)).exitCode).toBe(130);
  server.before = () => undefined;
  expect(JSON.parse((await run()).out)).toMatchObject({
    accepted: 22,
    refused: { invalid_input: 1, job_refused: 1 },
    awaiting: 0,
  });
  expect(server.ended()).toEqual(['a']);
});

test('an invalid event is left out, and the others are sent', async () => {
  server.routes['POST /v1/events'] = (events: { subject?: string; data: { organizationId?: string } }[]) => {
    const errors = events.flatMap(({ data }, at) =>
      data.organizationId ? [] : [{ field: `[${at}].data.organizationId`, rule: 'id', message: 'Name it.' }],
    );
    return errors.length > 0 ? [422, { code: 'invalid_input', errors }] : [202, { accepted: events.length }];
  };
  const report = (data: object) =>
    JSON.stringify({ specversion: '1.0', id: 'x', source: '/t', type: 'tallystick.usage.reported', data });
  const reports = [
    { organizationId: 'o', limit: 'a', value: 1 },
    { limit: 'b', projectId: 'p', value: 1 },
    { organizationId: 'gone', limit: 'c', value: 1 },
    { organizationId: 'o', limit: 'none', value: 1 },
    { organizationId: 'o', limit: 'b', value: 1 },
  ];
  writeFileSync(join(folder, 'e'), reports.map(report).join('\n'));
  server.routes['GET /v1/organizations/o'] = () => [200, { id: 'o' }];
  const limits = [
    { id: 'a', scope: 'organization' },
    { id: 'b', scope: 'project' },
  ];
  server.routes['GET /v1/catalog'] = () => [200, { limits }];
  const { out } = await runTally(['import', 'e', '--format', 'cloudevents', '--json'], {
    client: server.client(),
    cwd: folder,
  });
  expect(JSON.parse(out)).toMatchObject({
    accepted: 1,
    refused: { invalid_input: 1, unknown_organization: 1, invalid_command: 2 },
  });
  expect(readFileSync(join(folder, 'e.rejected'), 'utf8')).toContain('"message":"data.organizationId: Name it."');
});
