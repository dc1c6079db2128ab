import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteDatabase } from '@tallystick/adapters/embedded';
import { startTally } from '../support/tally';
import {
  call,
  describeOneProcess,
  newDirectory,
  removeDirectories,
  type Standalone,
  startStandalone,
} from '../support/server';

jest.setTimeout(120_000);
afterAll(removeDirectories);

interface EditableEvent {
  readonly revision: number;
  readonly stream: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
}

/** Edits the rows of the log, which are JSON, like a person with write access to the file. */
async function edit(data: string, change: (events: EditableEvent[]) => void): Promise<void> {
  const database = await SqliteDatabase.open(join(data, 'events.db'));
  const rows = await database.read('SELECT position, records FROM log');
  const statements = rows.map(({ position, records }) => {
    const events = JSON.parse(Buffer.from(records as Uint8Array).toString()) as EditableEvent[];
    const before = JSON.stringify(events);
    change(events);
    const after = Buffer.from(JSON.stringify(events));
    if (after.length !== Buffer.byteLength(before))
      throw new Error('The length must not change: the index stores the position of each event.');
    return { sql: 'UPDATE log SET records = ? WHERE position = ?', params: [after, position!] };
  });
  await database.transaction(statements);
  await database.close();
  for (const file of ['', '-wal', '-shm']) rmSync(join(data, `views.db${file}`), { force: true });
}

async function verify({ url, keys }: Standalone) {
  const ran = await startTally(['verify', '--url', url, '--key', keys.operator, '--json']).done;
  return { exitCode: ran.exitCode, report: JSON.parse(ran.out) };
}

describeOneProcess('verify finds a changed event even if the views are consistent with it:', () => {
  const data = newDirectory();
  let server: Standalone;
  afterEach(() => server.process.stop());

  async function work(): Promise<void> {
    server = await startStandalone(data);
    const { url, keys, organizationId } = server;
    for (const id of ['a', 'b', 'c']) {
      const job = { id, operation: 'document-extraction', usage: { files: [{ type: 'pdf', pages: 10 }] } };
      const completed = { organizationId, usage: { files: [{ type: 'pdf', pages: 7 }] } };
      await call(`${url}/v1/jobs`, { method: 'POST', key: keys.project, body: job });
      await call(`${url}/v1/jobs/${id}/complete`, { method: 'POST', key: keys.service, body: completed });
    }
    const { exitCode, report } = await verify(server);
    expect({ exitCode, breaches: report.breaches, unsealed: report.unsealed }).toEqual({
      exitCode: 0,
      breaches: [],
      unsealed: 0,
    });
    await server.process.stop();
  }
  beforeAll(work);

  const isOf = (id: string) => (event: EditableEvent) => event.type === 'CreditsReserved' && event.data['jobId'] === id;
  test.each<[string, (events: EditableEvent[]) => void, (events: EditableEvent[]) => void]>([
    [
      'a changed amount of a grant',
      (events) =>
        events.filter(({ data: { grantId } }) => grantId === 'demo-credits').forEach((e) => (e.data['credits'] = 9000)),
      (events) =>
        events.filter(({ data: { grantId } }) => grantId === 'demo-credits').forEach((e) => (e.data['credits'] = 1000)),
    ],
    [
      'a changed project of a job',
      (events) => events.filter(isOf('b')).forEach((e) => (e.data['projectId'] = 'demo-projecd')),
      (events) => events.filter(isOf('b')).forEach((e) => (e.data['projectId'] = 'demo-project')),
    ],
  ])('%s', async (_, change, undo) => {
    await edit(data, change);
    server = await startStandalone(data);
    const { exitCode, report } = await verify(server);
    expect(exitCode).toBe(1);
    expect(report.breaches[0]).toMatchObject({ organizationId: 'demo', revision: expect.any(Number) });
    expect(report.breaches[0].what).toMatch(
      /^the hash at revision \d+ does not fit revisions? [\d to]+ of credits-demo: /,
    );
    await server.process.stop();
    await edit(data, undo);
    server = await startStandalone(data);
    expect((await verify(server)).exitCode).toBe(0);
  });
});
