import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  call,
  describeOneProcess,
  newDirectory,
  removeDirectories,
  type ServerProcess,
  startStandalone,
} from '../support/server';

afterAll(removeDirectories);
jest.setTimeout(90_000);

/** The order in which a start syncs its files. Only synced data survives a power loss. */
describeOneProcess('power loss', () => {
  const tracer = join(__dirname, '../support/trace-files.cjs');
  const start = async (data: string) => {
    const trace = join(newDirectory(), 'trace');
    const environment = { NODE_OPTIONS: `-r ${tracer}`, TRACE_FILES: trace };
    const server = await startStandalone(data, { environment });
    const steps = () =>
      readFileSync(trace, 'utf8')
        .trim()
        .replaceAll(/\.\d+(?= |$)/gm, '.aside')
        .split('\n');
    return { ...server, process: server.process as ServerProcess, steps };
  };

  test('syncs the directory before its files, demo.json before the digest of its key, a write-ahead log before it serves', async () => {
    const data = join(newDirectory(), 'made', 'here');
    const first = await start(data);
    const demo = join(data, 'demo.json');
    const steps = first.steps();
    const after = (step: string, from = 0): number => {
      const at = steps.indexOf(step, from);
      expect([step, at >= from]).toEqual([step, true]);
      return at;
    };
    const made = after(`mkdir ${data}`);
    after(`sync ${dirname(data)}`, made);
    after(`sync ${dirname(dirname(data))}`, made);
    const written = after(`sync ${demo}.aside`);
    const named = after(`rename ${demo}.aside ${demo}`, written);
    after(`sync ${data}`, named);

    const answer = await call(`${first.url}/v1/jobs`, {
      key: first.keys.project,
      body: { id: 'j', operation: 'document-extraction', usage: { files: [{ type: 'pdf', pages: 1 }] } },
    });
    expect(answer.status).toBe(202);
    await first.process.kill();

    // The first sync of a log belongs to the start: nothing was committed before it.
    const second = await start(data);
    const synced = second.steps();
    for (const name of ['events.db', 'views.db']) expect(synced).toContain(`sync ${join(data, name)}-wal`);
    const opened = (name: string) => synced.indexOf(`sync ${join(data, name)}-wal`);
    expect(Math.max(opened('events.db'), opened('views.db'))).toBeLessThan(
      synced.indexOf(`rename ${demo}.aside ${demo}`),
    );
    await second.process.stop();
  });
});
