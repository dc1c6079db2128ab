import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTally, tallyHere } from '../support/tally';
import { balanceOf, caller, organizationWith } from '../support/callers';
import { newDirectory, removeDirectories, startStandalone, type Standalone } from '../support/server';

// The forms that rows of an imported file can have, and the credits that they lead to.

jest.setTimeout(120_000);

let server: Standalone;
let folder: string;
beforeAll(async () => {
  server = await startStandalone();
  folder = newDirectory();
});
afterAll(async () => {
  await server?.process.stop();
  removeDirectories();
});

const OPERATION = 'document-extraction';
/** An instant in the hour before the current one. */
const at = (minute: number, form = (iso: string) => iso): string => {
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
  return form(new Date(hour + minute * 60_000).toISOString());
};

/** Runs in this process to save the start of one, except where the command needs another environment. */
const importing = async (
  file: string,
  content: string | Buffer,
  options: readonly string[],
  environment?: Record<string, string>,
) => {
  writeFileSync(join(folder, file), content);
  const args = ['import', file, '--json', ...options];
  const setting = {
    cwd: folder,
    environment: { TALLY_EVENT_STORE: `sqlite:${server.data}`, ...environment },
  };
  const ran = await (environment ? startTally(args, setting).done : tallyHere(args, setting));
  return { ...ran, summary: (ran.out === '' ? {} : JSON.parse(ran.out)) as Record<string, unknown> };
};
const csv = async (organization: string, mapping: string, content: string, more: string[] = []) => {
  const map = `organization: ${organization}\noperation: ${OPERATION}\n${mapping}\n`;
  writeFileSync(join(folder, `${organization}.yaml`), map);
  const options = ['--format', 'csv', '--map', `${organization}.yaml`, ...more];
  return importing(`${organization}.csv`, content, options);
};
const rejectedOf = (file: string): { row: number; code: string; message: string }[] =>
  readFileSync(join(folder, `${file}.rejected`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as never);

const BASE = 'submittedAt: { column: at }\npages: { column: pages }';
const WITH_STATE = `${BASE}\noutcome: { column: state, failed: [failed] }`;

describe('CSV', () => {
  test('white space around an outcome does not charge a failed job; unmatched outcomes are reported', async () => {
    const id = await organizationWith(server, 100);
    const rows = `at,pages,state\n${at(0)},5, failed\n${at(1)},3,ok\n${at(2)},2,FAILED\n`;
    const { exitCode, summary } = await csv(id, WITH_STATE, rows);
    expect(exitCode).toBe(0);
    expect(summary).toMatchObject({ unlistedOutcomes: 2, unlistedValues: ['ok', 'FAILED'] });
    expect(await balanceOf(server, id)).toMatchObject({ consumed: 5, reserved: 0 });
  });

  test.each([
    ['multiplyBy: 100, round: up', '0.07', 7],
    ['multiplyBy: 100, round: up', '0.29', 29],
    ['multiplyBy: 1.1, round: up', '10', 11],
    ['divideBy: 0.1, round: down', '0.3', 3],
    ['multiplyBy: 100, round: nearest', '0.145', 15],
  ])('{ %s } of %s is %i, exactly', async (arithmetic, cell, pages) => {
    const id = await organizationWith(server, 100);
    const mapping = `submittedAt: { column: at }\npages: { column: pages, ${arithmetic} }\nduration: 0`;
    expect((await csv(id, mapping, `at,pages\n${at(0)},${cell}\n`)).exitCode).toBe(0);
    expect(await balanceOf(server, id)).toMatchObject({ consumed: pages, reserved: 0 });
  });

  const repeated = [at(1), at(2), at(2), at(3), at(4)].map((time, row) => `${time},${row + 1},ok`);
  test.each<[string, string]>([
    ['all columns', ''],
    ['named columns', 'id: { hash: [at, pages, state] }'],
    ['all columns, the project drawn by chance', 'project: { zipf: { count: 50, seed: 3 } }'],
  ])('rows are added, removed and moved, with ids from %s: each is charged once', async (_, more) => {
    const id = await organizationWith(server, 1_000);
    const twice = [repeated[1]!, repeated[1]!];
    const file = (rows: readonly string[]) => `at,pages,state\n${rows.join('\n')}\n`;
    const mapping = `${WITH_STATE}\n${more}`;
    const first = await csv(id, mapping, file([...repeated.slice(0, 2), 'bad,1,ok', ...twice, ...repeated.slice(2)]));
    expect(first).toMatchObject({ exitCode: 1, summary: { accepted: 7, unreadable: 1 } });
    // 1 + 3 × 2 + 3 + 4 + 5
    expect(await balanceOf(server, id)).toMatchObject({ consumed: 19, reserved: 0 });
    const again = [`${at(9)},6,ok`, ...[...repeated].reverse(), ...twice];
    const second = await csv(id, mapping, file(again));
    expect(second).toMatchObject({ exitCode: 0, summary: { accepted: 1, repeated: 7 } });
    expect(await balanceOf(server, id)).toMatchObject({ consumed: 25, reserved: 0 });
  });

  test('two rows of one id: the first is refunded, the second is a conflict', async () => {
    const id = await organizationWith(server, 100);
    const rows = `id,at,pages,state\njob,${at(0)},5,failed\njob,${at(0)},7,ok\n`;
    const { exitCode, summary } = await csv(id, `id: { column: id }\n${WITH_STATE}`, rows);
    expect(exitCode).toBe(1);
    expect(summary).toMatchObject({ accepted: 1, repeated: 0, refused: { job_conflict: 1 } });
    expect(rejectedOf(`${id}.csv`)).toMatchObject([{ row: 2, code: 'job_conflict' }]);
    expect(await balanceOf(server, id)).toMatchObject({ consumed: 0, reserved: 0 });
  });

  test('two equal rows with different outcomes: the first outcome counts, the second is reported', async () => {
    const id = await organizationWith(server, 100);
    const rows = `id,at,pages,state\njob,${at(0)},5,failed\njob,${at(0)},5,ok\n`;
    const { summary } = await csv(id, `id: { column: id }\n${WITH_STATE}`, rows);
    expect(summary).toMatchObject({ accepted: 1, refused: { outcome_conflict: 1 } });
    expect(rejectedOf(`${id}.csv`)).toMatchObject([{ row: 2 }]);
    expect(await balanceOf(server, id)).toMatchObject({ consumed: 0, reserved: 0 });
  });

  test('files of spreadsheets and databases: semicolons, decimal commas, sep=, empty last lines, +00', async () => {
    const id = await organizationWith(server, 100);
    const time = (minute: number) => at(minute, (iso) => `${iso.slice(0, 19).replace('T', ' ')}+00`);
    const rows = [
      '\uFEFFsep=;',
      'at;pages;state;;',
      `${time(0)};1,5;ok;;`,
      `${time(1)};"2,0"; failed;;`,
      `${time(2)};;ok;;`,
      ';;;;',
    ].join('\r\n');
    const mapping = WITH_STATE.replace('{ column: pages }', '{ column: pages, round: up, default: 3 }');
    const { exitCode, err, summary } = await csv(id, `${mapping}\ndecimal: ","`, rows);
    expect({ exitCode, err, summary }).toMatchObject({
      exitCode: 0,
      err: '',
      summary: { rows: 3, accepted: 3 },
    });
    expect(await balanceOf(server, id)).toMatchObject({ consumed: 5, reserved: 0 });
  });

  test.each([';', '\t', '|'])('the delimiter %j is detected and reported', async (delimiter) => {
    const id = await organizationWith(server, 100);
    const rows = `at,pages,state\n${at(0)},4,ok\n`.replaceAll(',', delimiter);
    const { exitCode, err } = await csv(id, WITH_STATE, rows);
    expect(exitCode).toBe(0);
    expect(err).toContain(`write delimiter: ${delimiter === '\t' ? '"\\t"' : `"${delimiter}"`} in the mapping`);
    expect(await balanceOf(server, id)).toMatchObject({ consumed: 4 });
    const said = await csv(id, `${WITH_STATE}\ndelimiter: ${JSON.stringify(delimiter)}`, rows);
    expect(said).toMatchObject({ err: '', summary: { repeated: 1 } });
  });

  test.each(['0x10', '1e3', '', '1,5', '1.000,5', 'Infinity', '١'])('"%s" is not a number of pages', async (cell) => {
    const id = await organizationWith(server, 100);
    const { exitCode, summary } = await csv(id, WITH_STATE, `at,pages,state\n${at(0)},"${cell}",ok\n`);
    expect(exitCode).toBe(1);
    expect(summary).toMatchObject({ accepted: 0, unreadable: 1 });
    expect(await balanceOf(server, id)).toMatchObject({ consumed: 0, reserved: 0 });
  });

  test.each<[string, string | Buffer, string]>([
    ['two columns with the same name', 'at,pages,state,pages\n', 'the file has 2 columns named "pages"'],
    ['Latin-1', Buffer.from(`at,pages,state\n${at(0)},1,geschlo\xdfen\n`, 'latin1'), 'is not UTF-8'],
    ['UTF-16', Buffer.from('\uFEFFat,pages,state\n', 'utf16le'), 'is not UTF-8'],
    ['a sep= that contradicts the mapping', 'sep=|\nat|pages|state\n', 'the file begins with sep=|'],
  ])('%s: nothing is sent', async (_, content, said) => {
    const id = await organizationWith(server, 100);
    const { exitCode, err } = await csv(id, `${WITH_STATE}\ndelimiter: ","`, content as string);
    expect(err).toContain(said);
    expect(exitCode).toBe(2);
  });

  test('a file that was imported by an earlier version is not charged again', async () => {
    const id = await organizationWith(server, 100);
    const rows = `at,pages,state\n${at(0)},5,ok\n${at(1)},6,ok\n`;
    // Earlier versions created ids from row numbers.
    expect((await csv(id, WITH_STATE, rows, ['--ids', 'position'])).exitCode).toBe(0);
    const refused = await csv(id, WITH_STATE, rows);
    expect(refused.exitCode).toBe(1);
    expect(refused.err).toContain('nothing was sent. Add --ids position');
    expect(await csv(id, WITH_STATE, rows, ['--ids', 'position'])).toMatchObject({
      summary: { repeated: 2 },
    });
    expect(await balanceOf(server, id)).toMatchObject({ consumed: 11 });
  });
});

describe('CloudEvents', () => {
  const event = (type: string, data: object, more: object = {}) => ({
    specversion: '1.0',
    id: `${type}-${Math.random()}`,
    source: 'test',
    type: `tallystick.${type}`,
    data,
    ...more,
  });
  const submitted = (organizationId: string, id: string, more: object = {}) =>
    event('job.submitted', { id, organizationId, operation: OPERATION, usage: { pages: 2 }, ...more }, { time: at(0) });
  const events = (organization: string, lines: readonly unknown[], environment?: Record<string, string>) => {
    const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
    return importing(`${organization}.ndjson`, text, ['--format', 'cloudevents'], environment);
  };

  test('an outcome that the ledger refuses is a rejected row', async () => {
    const id = await organizationWith(server, 100);
    const end = (pages: number) => event('job.completed', { id: 'j', organizationId: id, usage: { pages } });
    const { exitCode, summary } = await events(id, [submitted(id, 'j'), end(2_000_000)]);
    expect(exitCode).toBe(1);
    expect(summary).toMatchObject({ accepted: 1, refused: { too_many_pages: 1 } });
    expect(rejectedOf(`${id}.ndjson`)).toMatchObject([{ row: 2, code: 'too_many_pages', kind: 'complete' }]);
    expect(await balanceOf(server, id)).toMatchObject({ reserved: 2, consumed: 0 });
    // The corrected file completes the job.
    expect((await events(id, [submitted(id, 'j'), end(1)])).exitCode).toBe(0);
    expect(await balanceOf(server, id)).toMatchObject({ reserved: 0, consumed: 1 });
  });

  test('an outcome for an unknown organization is rejected, an outcome for an unknown job waits', async () => {
    const id = await organizationWith(server, 100);
    const end = (organizationId: string) => event('job.failed', { id: 'early', organizationId });
    const { exitCode, summary } = await events(id, [end('unknown'), end(id)]);
    expect(exitCode).toBe(1);
    expect(summary).toMatchObject({ accepted: 1, awaiting: 1, refused: { unknown_organization: 1 } });
  });

  test.each<[string, object]>([
    ['without a zone', { time: '2026-11-30T06:00:00' }],
    ['of a day that does not exist', { time: '2026-02-30T06:00:00Z' }],
    ['to the minute', { time: '2026-11-30T06:00Z' }],
  ])('a time %s is refused like by the server, in any local time zone', async (_, more) => {
    const id = await organizationWith(server, 100);
    const { exitCode, summary } = await events(id, [{ ...submitted(id, 'j'), ...more }], {
      TZ: 'Asia/Tokyo',
    });
    expect(exitCode).toBe(1);
    expect(summary).toMatchObject({ accepted: 0, refused: { invalid_input: 1 } });
    expect(await balanceOf(server, id)).toMatchObject({ reserved: 0 });
  });

  test('only LF ends a line, not other line separators inside a text', async () => {
    const id = await organizationWith(server, 100);
    const reference = 'a\u2028b\u2029c\u0085d\u000be';
    const lines = [submitted(id, 'a', { reference }), submitted(id, 'b', { reference })];
    const text = lines.map((line) => `${JSON.stringify(line).replaceAll('\\u2028', '\u2028')}\r\n`);
    expect((await events(id, text)).summary).toMatchObject({ rows: 2, accepted: 2 });
    const job = await caller(server, 'service')('GET', `/v1/jobs/b?organizationId=${id}`);
    expect(job.body).toMatchObject({ details: { reference } });
  });

  test('null members, base64 data and an empty batch are accepted', async () => {
    const id = await organizationWith(server, 100);
    const { data, ...open } = submitted(id, 'a');
    const encoded = Buffer.from(JSON.stringify(data)).toString('base64');
    const lines = [
      { ...submitted(id, 'b'), time: null, subject: null, datacontenttype: null },
      { ...open, data_base64: encoded },
    ];
    expect(await events(id, lines)).toMatchObject({ exitCode: 0, summary: { accepted: 2 } });
    expect(await balanceOf(server, id)).toMatchObject({ reserved: 4 });
    const service = caller(server, 'service');
    const end = {
      ...event('job.completed', {}),
      data: undefined,
      data_base64: Buffer.from(JSON.stringify({ id: 'a', organizationId: id })).toString('base64'),
    };
    const structured = { 'content-type': 'application/cloudevents+json' };
    const batched = { 'content-type': 'application/cloudevents-batch+json' };
    expect(await service('POST', '/v1/events', { ...end, time: null }, structured)).toMatchObject({
      status: 202,
    });
    expect(await service('POST', '/v1/events', [], batched)).toMatchObject({
      status: 202,
      body: { accepted: 0 },
    });
    expect(await events(id, ['[]'])).toMatchObject({ exitCode: 0, summary: { rows: 0 } });
  });

  test('two different submissions of one job: the first is charged and completed', async () => {
    const id = await organizationWith(server, 100);
    const other = submitted(id, 'j', { usage: { pages: 9 } });
    const end = event('job.completed', { organizationId: id }, { subject: 'j', time: at(5) });
    const { summary } = await events(id, [submitted(id, 'j'), other, end]);
    expect(summary).toMatchObject({ accepted: 2, refused: { job_conflict: 1 } });
    expect(await balanceOf(server, id)).toMatchObject({ consumed: 2, reserved: 0 });
  });
});
