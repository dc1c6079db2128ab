import { FakeServer } from '../support/fake-server';
import { runTally } from '../support/run-tally';

let server: FakeServer;
beforeEach(() => (server = new FakeServer()));
const tally = (...args: string[]) => runTally(args, { client: server.client() });
const asked = () => server.requests.map(({ method, url }) => `${method} ${url}`);

const letter = (id: string, more: object = {}) => ({
  id,
  key: 'acme',
  class: 'refused',
  reason: 'unknown_limit: There is no such limit.',
  origin: { topic: 'jobs.lifecycle', partition: 0, offset: '7', at: '2026-11-21T09:30:00.000Z' },
  headers: { 'content-type': 'application/json' },
  value: '{"id":"a"}',
  ...more,
});
const LIST = 'GET /v1/ops/dead-letters';
const redriveOf = (id: string) => `POST /v1/ops/dead-letters/${id}/redrive`;

describe('dead-letters list', () => {
  test('is a table of all open dead letters, page by page', async () => {
    let page = 0;
    server.routes[LIST] = () =>
      ++page === 1
        ? [200, { data: [letter('0-1')], nextCursor: 'c' }]
        : [200, { data: [letter('2-0', { class: 'bad-message', reason: 'x'.repeat(200) })], nextCursor: null }];
    const { out, exitCode } = await tally('dead-letters', 'list');
    expect(exitCode).toBe(0);
    expect(out.split('\n')).toEqual([
      'id   class        organization  time                      reason',
      '0-1  refused      acme          2026-11-21T09:30:00.000Z  unknown_limit: There is no such limit.',
      `2-0  bad-message  acme          2026-11-21T09:30:00.000Z  ${'x'.repeat(99)}…`,
    ]);
    expect(server.requests[0]!.headers.authorization).toBe('Bearer op');
  });

  test('filters by class and limit, and prints complete dead letters with --json', async () => {
    server.routes[LIST] = () => [200, { data: [letter('0-1')], nextCursor: 'c' }];
    const { out } = await tally('dead-letters', 'list', '--class', 'parked', '--limit', '1', '--json');
    expect(JSON.parse(out)).toEqual([letter('0-1')]);
    expect(asked()).toEqual([`${LIST}?class=parked&limit=1`]);
  });

  test('reports that there are none', async () => {
    server.routes[LIST] = () => [200, { data: [], nextCursor: null }];
    expect((await tally('dead-letters', 'list')).out).toBe('There are no dead letters.');
  });
});

describe('dead-letters show', () => {
  test('shows the original message without control characters', async () => {
    server.routes['GET /v1/ops/dead-letters/0-1'] = () => [200, letter('0-1')];
    server.routes['GET /v1/ops/dead-letters/0-2'] = () => [200, letter('0-2', { value: 'no\u001b[2J\nJSON' })];
    const { out } = await tally('dead-letters', 'show', '0-1');
    expect(out).toContain('origin               jobs.lifecycle, partition 0, offset 7, at 2026-11-21');
    expect(out).toContain('header content-type  application/json\n\n{\n  "id": "a"\n}');
    expect((await tally('dead-letters', 'show', '0-2')).out).toMatch(/\n\nno \[2J\nJSON$/);
  });

  test('of an unknown id is an error', async () => {
    expect((await tally('dead-letters', 'show', '0-9')).exitCode).toBe(1);
  });
});

describe('dead-letters redrive and discard', () => {
  test('handle the named dead letters one by one', async () => {
    for (const id of ['0-1', '0-2']) server.routes[redriveOf(id)] = () => [200, { id, handling: 'redriven' }];
    const { out, exitCode } = await tally('dead-letters', 'redrive', '0-1', '0-2');
    expect([exitCode, out]).toEqual([0, 'Sent 2 dead letters again.']);
    server.routes['POST /v1/ops/dead-letters/0-3/discard'] = () => [200, { id: '0-3', handling: 'discarded' }];
    expect((await tally('dead-letters', 'discard', '0-3')).out).toBe('Discarded 1 dead letter.');
    expect(asked()).toEqual([redriveOf('0-1'), redriveOf('0-2'), 'POST /v1/ops/dead-letters/0-3/discard']);
  });

  test('continue after an unknown id and report it', async () => {
    server.routes[redriveOf('0-2')] = () => [200, { id: '0-2', handling: 'redriven' }];
    const { out, exitCode } = await tally('dead-letters', 'redrive', '0-1', '0-2');
    expect(exitCode).toBe(1);
    expect(out).toBe('Sent 1 dead letter again.\nNot found: 0-1. See tally dead-letters list for the ids.');
    const json = await tally('dead-letters', 'redrive', '0-1', '0-2', '--json');
    expect(JSON.parse(json.out)).toEqual({
      handling: 'redriven',
      done: ['0-2'],
      missing: ['0-1'],
      parked: 0,
    });
  });

  test('--all lists before it sends, and leaves out parked messages', async () => {
    server.routes[LIST] = () => {
      const data = [letter('0-1'), letter('0-2', { class: 'parked' }), letter('0-3')];
      return [200, { data, nextCursor: null }];
    };
    for (const id of ['0-1', '0-2', '0-3']) server.routes[redriveOf(id)] = () => [200, {}];
    const { out, exitCode } = await tally('dead-letters', 'redrive', '--all');
    expect([exitCode, out]).toEqual([
      0,
      'Sent 2 dead letters again.\n1 parked message stays: release their organizations with tally parked release.',
    ]);
    expect(asked()).toEqual([`${LIST}?limit=500`, redriveOf('0-1'), redriveOf('0-3')]);
  });

  test('--all --class selects one class', async () => {
    server.routes[LIST] = () => [200, { data: [letter('0-2', { class: 'parked' })], nextCursor: null }];
    server.routes[redriveOf('0-2')] = () => [200, {}];
    const { out } = await tally('dead-letters', 'redrive', '--all', '--class', 'parked');
    expect(out).toBe('Sent 1 dead letter again.');
    expect(asked()[0]).toBe(`${LIST}?class=parked&limit=500`);
  });

  test('can be interrupted between two dead letters', async () => {
    const interrupt = new AbortController();
    server.routes[redriveOf('0-1')] = () => {
      interrupt.abort();
      return [200, {}];
    };
    const setting = { client: server.client(), interrupted: interrupt.signal };
    const { out, exitCode } = await runTally(['dead-letters', 'redrive', '0-1', '0-2'], setting);
    expect([exitCode, out]).toEqual([130, 'Sent 1 dead letter again.']);
  });
});

describe('parked', () => {
  const row = { organizationId: 'acme', why: 'a bug', since: '2026-11-21T09:30:00.000Z', waiting: 1200 };
  const release = (id: string) => `POST /v1/ops/parked-organizations/${id}/release`;

  test('lists the stopped organizations', async () => {
    const data = [row];
    server.routes['GET /v1/ops/parked-organizations'] = () => [200, { data, nextCursor: null }];
    expect(await tally('parked')).toMatchObject({
      exitCode: 0,
      out: [
        'organization  waiting  since                     why',
        'acme            1,200  2026-11-21T09:30:00.000Z  a bug',
      ].join('\n'),
    });
    expect(JSON.parse((await tally('parked', '--json')).out)).toEqual([row]);
    data.length = 0;
    expect((await tally('parked')).out).toBe('No organization is stopped.');
  });

  test('release reports the number of parked messages, and organizations that are still stopped', async () => {
    const detail = 'The fault is still there.';
    const problem = { status: 409, code: 'still_stopped', detail, decided: 2 };
    server.routes[release('bad')] = () => [409, problem];
    server.routes[release('acme')] = () => [200, { organizationId: 'acme', state: 'running', decided: 1 }];
    expect(await tally('parked', 'release', 'acme')).toMatchObject({
      exitCode: 0,
      out: 'Released acme: 1 parked message decided.',
    });
    const { out, exitCode } = await tally('parked', 'release', 'bad', 'acme');
    expect(exitCode).toBe(1);
    expect(out).toBe(`bad is still stopped. ${detail}\nReleased acme: 1 parked message decided.`);
    expect(JSON.parse((await tally('parked', 'release', 'bad', '--json')).out)).toEqual([
      { organizationId: 'bad', state: 'stopped', decided: 2, detail },
    ]);
  });
});
