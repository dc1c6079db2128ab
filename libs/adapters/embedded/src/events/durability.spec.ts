import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { wholeLog } from '@tallystick/eventing-testing';
import { removeTemporaryDirectories, temporaryDirectory } from '../../support/directory';
import { SqliteEventStore } from './sqlite-event-store';

afterAll(removeTemporaryDirectories);

const WORKSPACE = resolve(__dirname, '../../../../..');
const APPENDER = join(WORKSPACE, 'dist/libs/adapters/embedded/support/appender.js');

function appender(file: string): { child: ChildProcess; lines: AsyncIterableIterator<string> } {
  const child = spawn(process.execPath, [APPENDER, file], {
    cwd: WORKSPACE,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { child, lines: createInterface({ input: child.stdout! })[Symbol.asyncIterator]() };
}

describe('A process that is killed while it appends', () => {
  it('leaves every acknowledged event, streams without gaps and a directory that the next process can open', async () => {
    const file = join(temporaryDirectory(), 'events.db');
    const acknowledged = new Map<string, number>();
    for (const kill of [40, 400, 1_500]) {
      const { child, lines } = appender(file);
      const exited = once(child, 'exit');
      let count = 0;
      for await (const line of lines) {
        const [stream, revision] = line.split(' ');
        if (revision !== undefined) acknowledged.set(stream!, Number(revision));
        if (++count === kill) child.kill('SIGKILL');
      }
      await exited;
      const store = await SqliteEventStore.open(file);
      const heads = new Map<string, number>();
      for (const { stream, revision } of await wholeLog(store)) {
        expect(revision).toBe((heads.get(stream) ?? -1) + 1);
        heads.set(stream, revision);
      }
      for (const [stream, revision] of acknowledged) {
        expect(heads.get(stream)).toBeGreaterThanOrEqual(revision);
        const events = await store.read(stream, 0, 1_000_000);
        expect(events.map((event) => event.revision)).toEqual(
          Array.from({ length: heads.get(stream)! + 1 }, (_, i) => i),
        );
      }
      await store.close();
    }
    expect(acknowledged.size).toBe(8);
  }, 60_000);
});

describe('A second process on the same data directory', () => {
  it('is refused with the process id of the owner and the next step', async () => {
    const file = join(temporaryDirectory(), 'events.db');
    const { child, lines } = appender(file);
    expect((await lines.next()).value).toBe('open');
    await expect(SqliteEventStore.open(file)).rejects.toThrow(
      `The data directory ${dirname(file)} is in use by process ${child.pid}. Stop that process, or start this one with another data directory.`,
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await SqliteEventStore.open(file)).close();
  }, 60_000);
});
